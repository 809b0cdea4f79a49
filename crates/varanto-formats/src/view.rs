//! The XHTML view of a document, by the national conventions: what a reader without the structure's
//! own program sees.
//!
//! The root carries the document's OID, so that one signature covers view and structure together.
//! Personal identity codes are masked as in the nation's samples (`180418*****`); the structured
//! form holds them in full.
//!
//! Source: ARC-1; national-specs 1.3.

use varanto_domain::ids::{Oid, PersonalIdentityCode};
use varanto_domain::structures::{Content, Field, FieldKind, Names, Structure};
use varanto_domain::time::FinnishDay;

/// The language of a view's labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ViewLanguage {
    /// Finnish.
    Finnish,
    /// Swedish, and Finnish where no Swedish name is published.
    Swedish,
}

impl ViewLanguage {
    /// The tag of RFC 5646: `fi`, `sv`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Finnish => "fi",
            Self::Swedish => "sv",
        }
    }
}

impl std::str::FromStr for ViewLanguage {
    type Err = ();

    fn from_str(tag: &str) -> Result<Self, ()> {
        [Self::Finnish, Self::Swedish].into_iter().find(|one| one.tag() == tag).ok_or(())
    }
}

/// What stands around a document's content.
#[derive(Debug, Clone)]
pub struct Heading<'a> {
    /// The document's OID.
    pub document: &'a Oid,
    /// The organisation's name.
    pub organisation: &'a str,
    /// The document type's name, such as `Suunnitelma`.
    pub document_type: &'a str,
    /// The day the document was made; `None` leaves the place empty, as in the nation's samples.
    pub made_on: Option<FinnishDay>,
    /// The language of the labels.
    pub language: ViewLanguage,
}

/// Displays a structured document. Rows in the order of the structure; members that the structure
/// does not have are not shown, so the content should have passed its check.
#[must_use]
pub fn render(structure: &Structure, content: &Content, heading: &Heading) -> String {
    let title = name(&structure.title, heading.language);
    let mut view = View::open(title, heading);
    if let Some(root) = content.member(&structure.root) {
        view.items(&structure.fields, root);
    }
    view.close()
}

/// Displays a document that has no structured form: a title and paragraphs. Line breaks within a
/// paragraph are kept.
#[must_use]
pub fn render_plain(title: &str, paragraphs: &[&str], heading: &Heading) -> String {
    let mut view = View::open(title, heading);
    view.out.push_str("<div class=\"soc-item\"><div class=\"soc-content\">");
    for paragraph in paragraphs {
        view.out.push_str("<p>");
        view.text(paragraph);
        view.out.push_str("</p>");
    }
    view.out.push_str("</div></div>");
    view.close()
}

struct View {
    out: String,
    language: ViewLanguage,
}

impl View {
    fn open(title: &str, heading: &Heading) -> Self {
        let mut view = View { out: String::with_capacity(4096), language: heading.language };
        view.out.push_str("<div class=\"soc-document\" id=\"OID");
        view.out.push_str(heading.document.as_str());
        view.out.push_str("\" xmlns=\"http://www.w3.org/1999/xhtml\"><div class=\"soc-header\">");
        let parts = [
            ("soc-hdr1", heading.organisation.to_owned()),
            ("soc-hdr2", heading.document_type.to_owned()),
            ("soc-hdr3", heading.made_on.map(day_in_words).unwrap_or_default()),
        ];
        for (class, text) in parts {
            view.out.push_str("<div class=\"");
            view.out.push_str(class);
            view.out.push_str("\">");
            view.text(&text);
            view.out.push_str("</div>");
        }
        view.out.push_str("</div><div class=\"soc-main-wrapper\"><h1 class=\"soc-fulltitle\">");
        view.text(title);
        view.out.push_str("</h1><div class=\"soc-list\">");
        view
    }

    fn close(mut self) -> String {
        self.out.push_str(
            "</div></div><div class=\"soc-footer\"><div class=\"soc-ftr1\"></div>\
             <div class=\"soc-ftr2\"></div><div class=\"soc-ftr3\"></div></div></div>",
        );
        self.out
    }

    /// One item for each row under the root; the title stands once, however often the row repeats.
    fn items(&mut self, fields: &[Field], root: &Content) {
        for field in fields {
            let entries = filled(field, root);
            if entries.is_empty() {
                continue;
            }
            self.out.push_str("<div class=\"soc-item\"><h1 class=\"soc-title\">");
            self.text(name(&field.names, self.language));
            self.out.push_str("</h1><div class=\"soc-content\">");
            for entry in entries {
                match &field.kind {
                    FieldKind::Group(fields) => self.group(fields, entry),
                    _ => self.paragraph(&in_words(field, entry, self.language)),
                }
            }
            self.out.push_str("</div></div>");
        }
    }

    /// A group's own values as lines of one paragraph, and each group under it after a subheading.
    fn group(&mut self, fields: &[Field], content: &Content) {
        let mut open = false;
        for field in fields {
            for (at, entry) in filled(field, content).iter().enumerate() {
                if let FieldKind::Group(below) = &field.kind {
                    if std::mem::take(&mut open) {
                        self.out.push_str("</p>");
                    }
                    if at == 0 {
                        self.subheading(name(&field.names, self.language));
                    }
                    self.group(below, entry);
                    continue;
                }
                self.out.push_str(if open { "<br/>" } else { "<p>" });
                open = true;
                if at == 0 && !matches!(field.kind, FieldKind::Phrase(_)) {
                    self.text(name(&field.names, self.language));
                    self.out.push_str(": ");
                }
                self.text(&in_words(field, entry, self.language));
            }
        }
        if open {
            self.out.push_str("</p>");
        }
    }

    fn subheading(&mut self, text: &str) {
        self.out.push_str("<p><b>");
        self.text(text);
        self.out.push_str("</b></p>");
    }

    fn paragraph(&mut self, text: &str) {
        self.out.push_str("<p>");
        self.text(text);
        self.out.push_str("</p>");
    }

    /// Adds text, escaped. Line breaks become `<br/>`; characters that XML cannot hold become the
    /// replacement character.
    fn text(&mut self, text: &str) {
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\r' if characters.peek() == Some(&'\n') => {}
                '\n' | '\r' => self.out.push_str("<br/>"),
                '\t' => self.out.push('\t'),
                '\u{0}'..='\u{1f}' | '\u{7f}' | '\u{fffe}' | '\u{ffff}' => {
                    self.out.push('\u{fffd}');
                }
                other => self.out.push(other),
            }
        }
    }
}

/// A value as a reader sees it.
pub(crate) fn in_words(field: &Field, value: &Content, language: ViewLanguage) -> String {
    let part = |name| value.member(name).and_then(Content::text).unwrap_or_default();
    match (&field.kind, value) {
        (_, Content::Switch(yes)) => yes_or_no(*yes, language).to_owned(),
        (FieldKind::Date, Content::Text(text)) => calendar(text),
        (FieldKind::Moment, Content::Text(text)) => moment(text, language),
        (_, Content::Text(text)) => text.clone().into_owned(),
        (_, Content::Number(number)) => decimal(number),
        (FieldKind::Code { .. }, _) if part("display").is_empty() => part("code").to_owned(),
        (FieldKind::Code { .. }, _) => part("display").to_owned(),
        (FieldKind::Identifier { .. }, _) => identifier(part("system"), part("value")),
        (FieldKind::Quantity, _) => match value.member("value") {
            Some(Content::Number(number)) => format!("{} {}", decimal(number), part("code")),
            _ => String::new(),
        },
        _ => String::new(),
    }
}

fn yes_or_no(yes: bool, language: ViewLanguage) -> &'static str {
    match (language, yes) {
        (ViewLanguage::Finnish, true) => "Kyllä",
        (ViewLanguage::Finnish, false) => "Ei",
        (ViewLanguage::Swedish, true) => "Ja",
        (ViewLanguage::Swedish, false) => "Nej",
    }
}

/// A day as the views write it: `23.03.2026`.
#[must_use]
pub fn day_in_words(day: FinnishDay) -> String {
    calendar(&day.to_string())
}

/// The entries of a row that have something to show; the one entry of a row that does not repeat.
pub(crate) fn filled<'c, 'a>(field: &Field, parent: &'c Content<'a>) -> Vec<&'c Content<'a>> {
    let Some(value) = parent.member(&field.key) else { return Vec::new() };
    let entries = if field.repeats { value.entries() } else { std::slice::from_ref(value) };
    entries.iter().filter(|entry| !is_empty(entry)).collect()
}

/// Whether there is nothing in it but empty objects and lists.
fn is_empty(content: &Content) -> bool {
    match content {
        Content::Null => true,
        Content::List(entries) => entries.iter().all(is_empty),
        Content::Object(members) => members.iter().all(|(_, value)| is_empty(value)),
        _ => false,
    }
}

/// A row's name in the language, or in Finnish where no Swedish one is published.
pub(crate) fn name(names: &Names, language: ViewLanguage) -> &str {
    match (language, &names.sv) {
        (ViewLanguage::Swedish, Some(name)) => name,
        _ => &names.fi,
    }
}

/// `2026-03-23` as `23.03.2026`, `2026-03` as `03.2026`; anything else as it is.
fn calendar(text: &str) -> String {
    let mut parts: Vec<&str> = text.split('-').collect();
    if text.starts_with('-') || parts.len() > 3 {
        return text.to_owned();
    }
    parts.reverse();
    parts.join(".")
}

/// `2026-03-23T10:54:00+02:00` as `23.03.2026 klo 10.54`: the clock where it was written.
fn moment(text: &str, language: ViewLanguage) -> String {
    let Some((day, clock)) = text.split_once('T') else { return calendar(text) };
    let word = match language {
        ViewLanguage::Finnish => "klo",
        ViewLanguage::Swedish => "kl.",
    };
    match clock.get(..5) {
        Some(minutes) if clock.ends_with('Z') => {
            format!("{} {word} {} UTC", calendar(day), minutes.replace(':', "."))
        }
        Some(minutes) => format!("{} {word} {}", calendar(day), minutes.replace(':', ".")),
        None => calendar(day),
    }
}

/// A number with the decimal comma.
fn decimal(number: &str) -> String {
    number.replace('.', ",")
}

/// An identifier's value; a personal identity code is masked after the day of birth, whatever the
/// system says, and so is whatever the system calls one.
fn identifier(system: &str, value: &str) -> String {
    let system = system.strip_prefix("urn:oid:").unwrap_or(system);
    let is_code =
        system == PersonalIdentityCode::ROOT || PersonalIdentityCode::parse(value).is_ok();
    if !is_code {
        return value.to_owned();
    }
    let shown: String = value.chars().take(6).collect();
    format!("{shown}*****")
}

#[cfg(test)]
mod tests {
    use varanto_domain::structures::FieldObligation;

    use super::*;
    use crate::content;

    fn field(key: &str, fi: &str, kind: FieldKind) -> Field {
        Field {
            row: 1,
            key: key.into(),
            names: Names { fi: fi.to_owned(), sv: None },
            kind,
            obligation: FieldObligation::Optional,
            repeats: false,
        }
    }

    fn note() -> Structure {
        let mut client = field(
            "asiakas",
            "Asiakas",
            FieldKind::Group(vec![
                field("sukunimi", "Sukunimi", FieldKind::Name),
                field("henkilotunnus", "Henkilötunnus", FieldKind::Identifier { system: None }),
                field(
                    "osoite",
                    "Osoite",
                    FieldKind::Group(vec![field("lahiosoite", "Lähiosoite", FieldKind::Text)]),
                ),
            ]),
        );
        client.repeats = true;
        Structure {
            oid: Oid::parse("1.2.246.537.6.1506.19001.2024.1.31").unwrap(),
            title: Names { fi: "Merkintä".to_owned(), sv: Some("Anteckning".to_owned()) },
            first_day: FinnishDay::new(2024, 1, 31).unwrap(),
            component_library: String::new(),
            document_type: "Asiakaskertomusmerkintä".to_owned(),
            subject: None,
            author: None,
            root: "merkinta".into(),
            fields: vec![
                client,
                field("hetki", "Hetki", FieldKind::Moment),
                field("sovittu", "Sovittu", FieldKind::Switch),
                field("tunteja", "Tunteja", FieldKind::Number),
                field("sisalto", "Sisältö", FieldKind::Text),
            ],
        }
    }

    fn heading(document: &Oid, language: ViewLanguage) -> Heading<'_> {
        Heading {
            document,
            organisation: "Rannikon hyvinvointialue",
            document_type: "Asiakaskertomusmerkintä",
            made_on: FinnishDay::new(2026, 3, 23),
            language,
        }
    }

    const JSON: &str = r#"{"merkinta":{
        "asiakas":[{"sukunimi":"Aho & <Salo>","henkilotunnus":{"value":"180418A903L"},
            "osoite":{"lahiosoite":"Koivutie 1"}}],
        "hetki":"2026-03-23T10:54:00+02:00","sovittu":true,"tunteja":1.5,
        "sisalto":"Puhelu.\nSovittiin \"aika\".\u0001"}}"#;

    #[test]
    fn a_view_shows_every_value_escaped_and_masks_identity_codes() {
        let oid = Oid::parse("1.2.246.10.8888881.95.2026.1").unwrap();
        let content = content::read(JSON.as_bytes(), "structured").unwrap();
        let view = render(&note(), &content, &heading(&oid, ViewLanguage::Finnish));

        let tree = roxmltree::Document::parse(&view).unwrap();
        let root = tree.root_element();
        assert_eq!(root.attribute("id"), Some("OID1.2.246.10.8888881.95.2026.1"));
        assert_eq!(root.tag_name().namespace(), Some("http://www.w3.org/1999/xhtml"));
        let of_class = |class: &str| -> Vec<String> {
            let nodes = tree.descendants().filter(|node| node.attribute("class") == Some(class));
            nodes
                .map(|node| node.descendants().filter(roxmltree::Node::is_text))
                .map(|texts| texts.filter_map(|node| node.text()).collect::<Vec<_>>().join("|"))
                .collect()
        };
        assert_eq!(of_class("soc-hdr3"), ["23.03.2026"]);
        assert_eq!(of_class("soc-fulltitle"), ["Merkintä"]);
        assert_eq!(of_class("soc-title"), ["Asiakas", "Hetki", "Sovittu", "Tunteja", "Sisältö"]);
        assert_eq!(
            of_class("soc-content"),
            [
                "Sukunimi|: |Aho & <Salo>|Henkilötunnus|: |180418*****|Osoite|Lähiosoite|: |Koivutie 1"
                    .replace("|: |", ": ")
                    .as_str(),
                "23.03.2026 klo 10.54",
                "Kyllä",
                "1,5",
                "Puhelu.|Sovittiin \"aika\".\u{fffd}",
            ]
        );
        assert!(!view.contains("A903L"));
    }

    #[test]
    fn a_plain_view_keeps_paragraphs_and_line_breaks() {
        let oid = Oid::parse("1.2.246.10.8888881.95.2026.2").unwrap();
        let heading = heading(&oid, ViewLanguage::Swedish);
        let view = render_plain("Lausunto", &["Ensimmäinen.\r\nToinen.", "Kolmas."], &heading);
        assert!(view.contains("<p>Ensimmäinen.<br/>Toinen.</p><p>Kolmas.</p>"), "{view}");
        roxmltree::Document::parse(&view).unwrap();
    }
}
