//! From a letter to an e-mail: subject, plain text and HTML in the company's name and colour. The words are `domain::letter`'s.

use crate::domain::letter::{self, Letter};
use crate::domain::tenant::Tenant;
use crate::store::files::Picture;
use crate::store::mail::Claimed;
use html_escape::{encode_double_quoted_attribute as attribute, encode_text as escape};

/// A logo is at most this high.
const LOGO_PX: u32 = 48;
/// Of the hub itself, and of a tenant whose colour is none.
const COLOUR: &str = "#1d4ed8";

/// In whose name a mail is.
#[derive(Debug)]
pub(super) struct Brand {
    company: String,
    slug: Option<String>,
    colour: String,
    introduction: String,
    phone: String,
    reply_to: String,
    logo: Option<Picture>,
}

/// A mail as it goes out.
#[derive(Debug)]
pub(super) struct Rendered {
    /// Whose name stands before the sender's address.
    pub(super) company: String,
    /// Where answers go, if anywhere.
    pub(super) reply_to: String,
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
    /// Where its link leads.
    pub(super) link: String,
    /// Shown by the HTML as `cid:` and [`LOGO`].
    pub(super) logo: Option<Picture>,
}

/// What the HTML calls the logo, which travels with it: mail programs load nothing from elsewhere.
pub(super) const LOGO: &str = "logo@dispatch-hub";

impl Brand {
    pub(super) fn of(tenant: Tenant, logo: Option<Picture>) -> Self {
        let portal = tenant.settings.portal;
        let is_colour = |text: &str| text.len() == 7 && text.starts_with('#') && text[1..].chars().all(|c| c.is_ascii_hexdigit());
        Self {
            company: tenant.name,
            slug: Some(tenant.slug),
            colour: if is_colour(&portal.colour) { portal.colour } else { COLOUR.into() },
            introduction: portal.introduction,
            phone: portal.phone,
            reply_to: tenant.settings.company.email,
            logo,
        }
    }

    pub(super) fn of_the_hub() -> Self {
        let none = String::new;
        Self { company: "Dispatch Hub".into(), slug: None, colour: COLOUR.into(), introduction: none(), phone: none(), reply_to: none(), logo: None }
    }
}

/// The whole mail.
pub(super) fn render(claimed: &Claimed, brand: Brand, base_url: &str) -> Rendered {
    let words = claimed.letter.words(&brand.company);
    let greeting = letter::greeting(&claimed.name);
    let secret = claimed.secret.as_deref().unwrap_or_default();
    let path = match claimed.letter {
        Letter::Invitation { .. } => format!("/i/{secret}"),
        Letter::Verification => format!("/v/{secret}"),
        Letter::NewPassword => format!("/r/{secret}"),
        Letter::AlreadyThere => format!("/p/{}", brand.slug.as_deref().unwrap_or_default()),
    };
    let link = format!("{base_url}{path}");
    let signature: Vec<&str> = [brand.company.as_str(), brand.phone.as_str()].into_iter().filter(|line| !line.is_empty()).collect();
    let text = format!(
        "{greeting}\n\n{lead}\n\n{button}:\n{link}\n\n{note}\n\n-- \n{signature}\n",
        lead = words.lead,
        button = words.button,
        note = words.note,
        signature = signature.join("\n")
    );
    let html = html(&brand, &words, &greeting, &link);
    Rendered { company: brand.company, reply_to: brand.reply_to, subject: words.subject, text, html, link, logo: brand.logo }
}

/// Tables and styles on elements: what mail programs understand.
fn html(brand: &Brand, words: &letter::Words, greeting: &str, link: &str) -> String {
    let on_colour = ink_on(&brand.colour);
    let introduction = match brand.introduction.as_str() {
        "" => String::new(),
        text => format!("<p style=\"margin:16px 0 0;font-size:13px;line-height:20px;color:#566176\">{}</p>", escape(text)),
    };
    let phone = match brand.phone.as_str() {
        "" => String::new(),
        phone => format!("<br><a href=\"tel:{}\" style=\"color:#566176\">{}</a>", attribute(phone), escape(phone)),
    };
    // A logo stands on white, as its maker saw it.
    let head = match &brand.logo {
        Some(logo) => format!(
            r#"<tr><td style="padding:18px 28px;border-bottom:4px solid {}"><img src="cid:{LOGO}" alt="{}" height="{}" style="display:block;max-width:100%;border:0"></td></tr>"#,
            brand.colour,
            attribute(&brand.company),
            logo.height.min(LOGO_PX),
        ),
        None => format!(
            r#"<tr><td style="padding:20px 28px;background:{};color:{on_colour};font-size:17px;font-weight:600">{}</td></tr>"#,
            brand.colour,
            escape(&brand.company),
        ),
    };
    format!(
        r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{subject}</title></head>
<body style="margin:0;padding:24px 12px;background:#f4f6f9;font-family:Inter,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;color:#1a2333">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:520px;background:#ffffff;border:1px solid #dfe4ec;border-radius:12px;overflow:hidden">
{head}
<tr><td style="padding:28px">
<p style="margin:0 0 14px;font-size:16px;line-height:24px">{greeting}</p>
<p style="margin:0 0 24px;font-size:16px;line-height:24px">{lead}</p>
<p style="margin:0 0 24px"><a href="{href}" style="display:inline-block;padding:13px 22px;border-radius:8px;background:{colour};color:{on_colour};font-size:16px;font-weight:600;text-decoration:none">{button}</a></p>
<p style="margin:0;font-size:13px;line-height:20px;color:#566176">{note}</p>
{introduction}</td></tr></table>
<p style="margin:18px 0 0;font-size:12px;line-height:18px;color:#566176">{company}{phone}<br>If the button does not work, open this address: <a href="{href}" style="color:#566176;word-break:break-all">{shown}</a></p>
</td></tr></table>
</body></html>
"#,
        subject = escape(&words.subject),
        colour = brand.colour,
        company = escape(&brand.company),
        greeting = escape(greeting),
        lead = escape(&words.lead),
        href = attribute(link),
        button = words.button,
        note = words.note,
        shown = escape(link),
    )
}

/// White or nearly black, whichever is easier to read on a colour (WCAG 2's relative luminance).
fn ink_on(colour: &str) -> &'static str {
    let part = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap_or(0)) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    let luminance = 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
    if luminance > 0.179 { "#101828" } else { "#ffffff" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::At;
    use crate::domain::caller::ByKind;
    use crate::domain::ids::TenantId;
    use crate::domain::tenant::Settings;
    use uuid::Uuid;

    fn claimed(letter: Letter, name: &str) -> Claimed {
        let to = "elsa@example.com".into();
        Claimed { id: Uuid::nil(), tries: 1, tenant: None, to, name: name.into(), letter, secret: Some("token".into()), expires_at: At(0) }
    }

    fn brand(name: &str, colour: &str) -> Brand {
        let mut settings = Settings::default();
        settings.portal.colour = colour.into();
        settings.portal.introduction = "Fast & <friendly>".into();
        settings.portal.phone = "+358 1".into();
        Brand::of(Tenant { id: TenantId(Uuid::nil()), slug: "north".into(), name: name.into(), time_zone: "UTC".into(), settings }, None)
    }

    #[test]
    fn both_parts_say_the_same_and_link_to_the_same_place() {
        let letter = Letter::Invitation { role: ByKind::PortalUser, by: "Otso".into() };
        let mail = render(&claimed(letter, "Elsa"), brand("North", "#0f766e"), "https://hub.example.com");
        assert_eq!((mail.subject.as_str(), mail.link.as_str()), ("North invites you", "https://hub.example.com/i/token"));
        for part in [&mail.text, &mail.html] {
            for said in ["Hello Elsa,", "Otso of North invites you", "https://hub.example.com/i/token", "+358 1"] {
                assert!(part.contains(said), "{said} in {part}");
            }
        }
        assert!(mail.html.contains("#0f766e"));
    }

    #[test]
    fn what_people_typed_is_text_and_no_markup() {
        let letter = Letter::Invitation { role: ByKind::Worker, by: "<script>alert(1)</script>".into() };
        let mail = render(&claimed(letter, "\"><img src=x>"), brand("A <b>& Co", "red;}"), "https://h.example");
        for raw in ["<script>", "<img", "<b>", "<friendly>", "red;}"] {
            assert!(!mail.html.contains(raw), "{raw}");
        }
        assert!(mail.html.contains("A &lt;b&gt;&amp; Co"));
    }

    #[test]
    fn the_logo_travels_with_the_mail() {
        let logo = Picture { kind: "image/png".into(), width: 300, height: 100, content: vec![1] };
        let with = Brand { logo: Some(logo.clone()), ..brand("A \"B\"", "#0f766e") };
        let mail = render(&claimed(Letter::Verification, "Elsa"), with, "https://h.example");
        assert!(mail.html.contains(r#"<img src="cid:logo@dispatch-hub" alt="A &quot;B&quot;" height="48""#), "{}", mail.html);
        assert_eq!(mail.logo, Some(logo));
    }

    #[test]
    fn the_button_can_be_read() {
        assert_eq!((ink_on("#0f766e"), ink_on("#fde047"), ink_on("#000000")), ("#ffffff", "#101828", "#ffffff"));
    }
}
