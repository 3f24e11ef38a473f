/// Photos as a phone takes them are larger than anybody looks at, and slow over a bad line: they are made smaller before they are sent.

/** The longer side that is left, pixels. */
export const LONGEST = 2048;
const QUALITY = 0.85;

/** Width and height within the longest side, in proportion; nothing if they are within it already. */
export function fitted(width: number, height: number): { width: number; height: number } | undefined {
  const longer = Math.max(width, height);
  if (longer <= LONGEST) return undefined;
  const of = (side: number) => Math.max(1, Math.round((side * LONGEST) / longer));
  return { width: of(width), height: of(height) };
}

/** The photo as a smaller JPEG the right way up, or as it is: if it is small, or nothing this browser can draw. */
export async function scaled(photo: Blob): Promise<Blob> {
  try {
    const bitmap = await createImageBitmap(photo);
    const size = fitted(bitmap.width, bitmap.height);
    if (!size) return photo;
    const canvas = document.createElement('canvas');
    Object.assign(canvas, size);
    canvas.getContext('2d')!.drawImage(bitmap, 0, 0, size.width, size.height);
    bitmap.close();
    const smaller = await new Promise<Blob | null>((resolve) =>
      canvas.toBlob(resolve, 'image/jpeg', QUALITY),
    );
    return smaller && smaller.size < photo.size ? smaller : photo;
  } catch {
    // The hub looks at it more closely, and says what is wrong.
    return photo;
  }
}
