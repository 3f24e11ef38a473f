//! From a letter or an alert to a message: subject, plain text and HTML in the company's name and colour, or a text message. The words are
//! `domain`'s.

use super::alerts::{self, Leads, Told};
use crate::domain::letter::{self, Letter};
use crate::domain::tenant::Tenant;
use crate::store::files::Picture;
use crate::store::messages::Claimed;
use html_escape::{encode_double_quoted_attribute as attribute, encode_text as escape};
use uuid::Uuid;

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
    /// Where its link leads; empty: nowhere.
    pub(super) link: String,
    /// Where one click ends such mails, if one can.
    pub(super) unsubscribe: Option<String>,
    /// Shown by the HTML as `cid:` and [`LOGO`].
    pub(super) logo: Option<Picture>,
}

/// What the HTML calls the logo, which travels with it: mail programs load nothing from elsewhere.
pub(super) const LOGO: &str = "logo@dispatch-hub";

/// What a mail says, whoever it is from.
struct Page<'a> {
    subject: &'a str,
    greeting: &'a str,
    paragraphs: Vec<&'a str>,
    /// A code to type, shown large.
    code: Option<&'a str>,
    /// What stands on the link, and where it leads.
    button: Option<(&'a str, &'a str)>,
    note: &'a str,
    unsubscribe: Option<&'a str>,
}

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

    fn render(self, page: &Page<'_>) -> Rendered {
        Rendered {
            text: text(&self, page),
            html: html(&self, page),
            company: self.company,
            reply_to: self.reply_to,
            subject: page.subject.to_owned(),
            link: page.button.map(|(_, link)| link.to_owned()).unwrap_or_default(),
            unsubscribe: page.unsubscribe.map(ToOwned::to_owned),
            logo: self.logo,
        }
    }
}

/// A letter as a whole mail.
pub(super) fn letter(claimed: &Claimed, letter: &Letter, brand: Brand, base_url: &str) -> Rendered {
    let words = letter.words(&brand.company);
    let greeting = letter::greeting(&claimed.name);
    let secret = claimed.secret.as_deref().unwrap_or_default();
    let path = match letter {
        Letter::Invitation { .. } => format!("/i/{secret}"),
        Letter::Verification => format!("/v/{secret}"),
        Letter::NewPassword => format!("/r/{secret}"),
        Letter::AlreadyThere => format!("/p/{}", brand.slug.as_deref().unwrap_or_default()),
        Letter::SmsCap { .. } => "/dispatch/messages".into(),
        Letter::Code => String::new(),
    };
    let link = format!("{base_url}{path}");
    brand.render(&Page {
        subject: &words.subject,
        greeting: &greeting,
        paragraphs: vec![&words.lead],
        code: matches!(letter, Letter::Code).then_some(secret),
        button: words.button.map(|button| (button, link.as_str())),
        note: words.note,
        unsubscribe: None,
    })
}

/// A letter as a text message.
pub(super) fn letter_sms(claimed: &Claimed, letter: &Letter, company: &str) -> String {
    let secret = claimed.secret.as_deref().unwrap_or_default();
    match letter {
        Letter::Code => format!("{secret} is your code for alerts from {company}. It works for 15 minutes. If it was not you, do nothing."),
        other => other.words(company).subject,
    }
}

/// Where an alert's link leads.
pub(super) fn link(told: &Told, job: Uuid, slug: &str, token: Option<&str>, base_url: &str) -> String {
    match told.leads {
        Leads::OneJob => format!("{base_url}/t/{}", token.unwrap_or_default()),
        Leads::Portal => format!("{base_url}/p/{slug}/jobs/{job}"),
        Leads::Dispatch => format!("{base_url}/dispatch?job={job}"),
        Leads::Worker => format!("{base_url}/worker/jobs/{job}"),
    }
}

/// An alert as a whole mail; its filling has the link.
pub(super) fn alert(claimed: &Claimed, told: &Told, brand: Brand, stop: &str) -> Rendered {
    let (subject, paragraphs, _) = alerts::words(&told.text, &told.filling);
    brand.render(&Page {
        subject: &subject,
        greeting: &letter::greeting(&claimed.name),
        paragraphs: paragraphs.iter().map(String::as_str).collect(),
        code: None,
        button: Some(("Open the job", &told.filling.link)),
        note: "You get this because you asked for alerts at this address.",
        unsubscribe: Some(stop),
    })
}

fn text(brand: &Brand, page: &Page<'_>) -> String {
    let mut parts: Vec<String> = vec![page.greeting.to_owned()];
    parts.extend(page.paragraphs.iter().map(ToString::to_string));
    parts.extend(page.code.map(ToOwned::to_owned));
    parts.extend(page.button.map(|(button, link)| format!("{button}:\n{link}")));
    parts.push(page.note.to_owned());
    parts.extend(page.unsubscribe.map(|stop| format!("Stop these alerts:\n{stop}")));
    let signature: Vec<&str> = [brand.company.as_str(), brand.phone.as_str()].into_iter().filter(|line| !line.is_empty()).collect();
    format!("{}\n\n-- \n{}\n", parts.join("\n\n"), signature.join("\n"))
}

/// Tables and styles on elements: what mail programs understand.
fn html(brand: &Brand, page: &Page<'_>) -> String {
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
    let paragraph = |text: &&str| {
        let lines: Vec<String> = text.lines().map(|line| escape(line).into_owned()).collect();
        format!("<p style=\"margin:0 0 24px;font-size:16px;line-height:24px\">{}</p>\n", lines.join("<br>"))
    };
    let code = page.code.map_or_else(String::new, |code| {
        format!("<p style=\"margin:0 0 24px;font-size:30px;line-height:36px;font-weight:600;letter-spacing:6px\">{}</p>\n", escape(code))
    });
    let button = page.button.map_or_else(String::new, |(button, link)| {
        format!(
            r#"<p style="margin:0 0 24px"><a href="{href}" style="display:inline-block;padding:13px 22px;border-radius:8px;background:{colour};color:{on_colour};font-size:16px;font-weight:600;text-decoration:none">{button}</a></p>
"#,
            href = attribute(link),
            colour = brand.colour,
            button = escape(button),
        )
    });
    let by_hand = page.button.map_or_else(String::new, |(_, link)| {
        format!(
            "<br>If the button does not work, open this address: <a href=\"{}\" style=\"color:#566176;word-break:break-all\">{}</a>",
            attribute(link),
            escape(link)
        )
    });
    let stop =
        page.unsubscribe.map_or_else(String::new, |stop| format!(" <a href=\"{}\" style=\"color:#566176\">Stop these alerts</a>.", attribute(stop)));
    format!(
        r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{subject}</title></head>
<body style="margin:0;padding:24px 12px;background:#f4f6f9;font-family:Inter,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;color:#1a2333">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:520px;background:#ffffff;border:1px solid #dfe4ec;border-radius:12px;overflow:hidden">
{head}
<tr><td style="padding:28px">
<p style="margin:0 0 14px;font-size:16px;line-height:24px">{greeting}</p>
{paragraphs}{code}{button}<p style="margin:0;font-size:13px;line-height:20px;color:#566176">{note}{stop}</p>
{introduction}</td></tr></table>
<p style="margin:18px 0 0;font-size:12px;line-height:18px;color:#566176">{company}{phone}{by_hand}</p>
</td></tr></table>
</body></html>
"#,
        subject = escape(page.subject),
        company = escape(&brand.company),
        greeting = escape(page.greeting),
        paragraphs = page.paragraphs.iter().map(paragraph).collect::<String>(),
        note = escape(page.note),
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
    use crate::domain::contact_point::Channel;
    use crate::domain::ids::TenantId;
    use crate::domain::tenant::Settings;
    use crate::store::messages::Content;

    fn render(letter: &Letter, name: &str, brand: Brand, base_url: &str) -> Rendered {
        let (to, content) = ("elsa@example.com".into(), Content::Letter(letter.clone()));
        let (channel, secret) = (Channel::Email, Some("token".into()));
        let claimed = Claimed { id: Uuid::nil(), tries: 1, tenant: None, channel, to, name: name.into(), content, secret, expires_at: At(0) };
        super::letter(&claimed, letter, brand, base_url)
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
        let mail = render(&letter, "Elsa", brand("North", "#0f766e"), "https://hub.example.com");
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
        let mail = render(&letter, "\"><img src=x>", brand("A <b>& Co", "red;}"), "https://h.example");
        for raw in ["<script>", "<img", "<b>", "<friendly>", "red;}"] {
            assert!(!mail.html.contains(raw), "{raw}");
        }
        assert!(mail.html.contains("A &lt;b&gt;&amp; Co"));
    }

    #[test]
    fn the_logo_travels_with_the_mail() {
        let logo = Picture { kind: "image/png".into(), width: 300, height: 100, content: vec![1] };
        let with = Brand { logo: Some(logo.clone()), ..brand("A \"B\"", "#0f766e") };
        let mail = render(&Letter::Verification, "Elsa", with, "https://h.example");
        assert!(mail.html.contains(r#"<img src="cid:logo@dispatch-hub" alt="A &quot;B&quot;" height="48""#), "{}", mail.html);
        assert_eq!(mail.logo, Some(logo));
    }

    #[test]
    fn the_button_can_be_read() {
        assert_eq!((ink_on("#0f766e"), ink_on("#fde047"), ink_on("#000000")), ("#ffffff", "#101828", "#ffffff"));
    }
}
