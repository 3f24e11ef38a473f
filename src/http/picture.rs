//! What was uploaded becomes a picture of ours: decoded within limits, turned upright, scaled down, and encoded anew. Metadata, and
//! whatever else hid in the file, stays behind.

use crate::store::files::Picture;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use std::io::Cursor;

/// The formats that are taken, by their media types.
pub(super) const KINDS: [&str; 3] = ["image/jpeg", "image/png", "image/webp"];

/// The longest side of what is kept. A serial number on a photograph of a whole machine is still readable.
const WHOLE_PX: u32 = 3200;
/// The longest side of a thumbnail, on a screen of double density.
const THUMB_PX: u32 = 480;
/// The longest side, and the most pixels, of what is decoded: phones take 50 megapixels.
const SIDE_MAX_PX: u32 = 16_384;
const PIXELS_MAX: u64 = 52_000_000;
/// The most memory that decoding may take.
const DECODING_MAX: u64 = 256 << 20;
const QUALITY: u8 = 85;

/// Why it is no picture.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// Another format, or broken.
    #[error("not a JPEG, PNG or WebP picture")]
    Unreadable(#[source] Option<image::ImageError>),
    /// More than anybody's camera takes.
    #[error("{width} × {height} pixels are too many")]
    TooLarge { width: u32, height: u32 },
}

impl From<image::ImageError> for Error {
    fn from(error: image::ImageError) -> Self {
        Self::Unreadable(Some(error))
    }
}

/// The picture, and its thumbnail. Takes a while, and memory by the pixel: not for a thread that serves others.
pub(super) fn pictures(uploaded: &[u8]) -> Result<(Picture, Picture), Error> {
    let format = image::guess_format(uploaded).map_err(|error| Error::Unreadable(Some(error)))?;
    if !matches!(format, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP) {
        return Err(Error::Unreadable(None));
    }
    let mut decoder = ImageReader::with_format(Cursor::new(uploaded), format).into_decoder()?;
    // Looked at before anything is decoded: a small file may claim to be a huge picture.
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 || width > SIDE_MAX_PX || height > SIDE_MAX_PX || u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(Error::TooLarge { width, height });
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX_PX);
    limits.max_image_height = Some(SIDE_MAX_PX);
    limits.max_alloc = Some(DECODING_MAX);
    decoder.set_limits(limits)?;
    let orientation = decoder.orientation()?;
    let mut picture = at_most(DynamicImage::from_decoder(decoder)?, WHOLE_PX);
    picture.apply_orientation(orientation);
    let thumb = at_most(picture.clone(), THUMB_PX);
    Ok((encode(&picture)?, encode(&thumb)?))
}

fn at_most(picture: DynamicImage, side: u32) -> DynamicImage {
    if picture.width() <= side && picture.height() <= side { picture } else { picture.thumbnail(side, side) }
}

/// What can be seen through stays PNG; everything else becomes JPEG.
fn encode(picture: &DynamicImage) -> Result<Picture, Error> {
    let rgba = picture.to_rgba8();
    let mut content = Vec::new();
    let kind = if rgba.pixels().all(|pixel| pixel.0[3] == u8::MAX) {
        picture.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut content, QUALITY))?;
        "image/jpeg"
    } else {
        rgba.write_to(&mut Cursor::new(&mut content), ImageFormat::Png)?;
        "image/png"
    };
    Ok(Picture { kind: kind.into(), width: picture.width(), height: picture.height(), content })
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, RgbImage, Rgba, RgbaImage};

    /// Red left, blue right.
    fn two_colours(width: u32, height: u32) -> DynamicImage {
        RgbImage::from_fn(width, height, |x, _| if x < width / 2 { Rgb([220, 0, 0]) } else { Rgb([0, 0, 220]) }).into()
    }

    fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Vec::new();
        picture.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
        bytes
    }

    /// The same JPEG with an EXIF segment that says how it was held, and where it was taken.
    fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
        let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
        exif.extend(b"GPS 60.17 24.94");
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
    }

    #[test]
    fn each_format_becomes_ours() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            let (whole, thumb) = pictures(&encoded(&two_colours(1000, 500), format)).unwrap();
            assert_eq!((whole.kind.as_str(), whole.width, whole.height), ("image/jpeg", 1000, 500), "{format:?}");
            assert_eq!((thumb.width, thumb.height), (480, 240));
            assert!(thumb.content.len() < whole.content.len());
        }
        let clear = RgbaImage::from_pixel(300, 100, Rgba([0, 0, 0, 0])).into();
        let (whole, thumb) = pictures(&encoded(&clear, ImageFormat::Png)).unwrap();
        assert_eq!((whole.kind.as_str(), thumb.kind.as_str()), ("image/png", "image/png"));
    }

    #[test]
    fn a_photograph_is_turned_upright_and_says_nothing_of_where_it_was_taken() {
        let jpeg = with_exif(&encoded(&two_colours(400, 200), ImageFormat::Jpeg), 6);
        let (whole, _) = pictures(&jpeg).unwrap();
        assert_eq!((whole.width, whole.height), (200, 400));
        let shown = image::load_from_memory(&whole.content).unwrap().to_rgb8();
        // Turned clockwise: what was left is now above.
        assert!(shown.get_pixel(100, 50).0[0] > 180 && shown.get_pixel(100, 350).0[2] > 180);
        for secret in [b"Exif".as_slice(), b"GPS"] {
            assert!(jpeg.windows(secret.len()).any(|window| window == secret));
            assert!(!whole.content.windows(secret.len()).any(|window| window == secret));
        }
    }

    #[test]
    fn a_large_one_is_scaled_down() {
        let (whole, thumb) = pictures(&encoded(&two_colours(4000, 1000), ImageFormat::Jpeg)).unwrap();
        assert_eq!((whole.width, whole.height, thumb.width), (3200, 800, 480));
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
        let gif = b"GIF89a\x01\0\x01\0\0\0\0;";
        let half = &encoded(&two_colours(300, 300), ImageFormat::Png)[..200];
        for bytes in [svg.as_slice(), gif, half, b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"] {
            assert!(matches!(pictures(bytes), Err(Error::Unreadable(_))), "{bytes:?}");
        }
    }

    #[test]
    fn a_small_file_that_claims_to_be_huge_is_not_decoded() {
        let mut png = encoded(&two_colours(8, 8), ImageFormat::Png);
        png[16..24].copy_from_slice(&[0, 0, 0x7f, 0xff, 0, 0, 0x7f, 0xff]);
        // The checksum of the header goes with it.
        let mut crc = flate2::Crc::new();
        crc.update(&png[12..29]);
        png[29..33].copy_from_slice(&crc.sum().to_be_bytes());
        assert!(matches!(pictures(&png), Err(Error::TooLarge { width: 0x7fff, .. })));
    }
}
