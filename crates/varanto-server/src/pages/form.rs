//! A form of a structure on a page: labels, hints, controls, and faults beside their fields.
//!
//! Nothing is decided here: what a form holds and asks for is [`Form`]'s. Every text is escaped by the templates;
//! what they take as it stands was made by another of these templates or holds no text of anybody's.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use askama::Template;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_formats::form::{Choices, Form, Holds, Need, Row, Source, name_in};
use varanto_formats::view::ViewLanguage;

use super::Words;
use crate::rest::problem::ToldFault;
use crate::texts::{self, Language};

/// So many values still fit into a list that one chooses from; of more one types a part of the name.
const CHOSEN_FROM: usize = 16;

/// A form of so many controls is shown whole; of a longer one the groups that need not be there are folded.
const WHOLE: usize = 45;

/// Whether a code is chosen from a list, rather than typed: not where there are many, or may be others.
fn is_list(choices: &Choices) -> bool {
    !choices.open && (1..=CHOSEN_FROM).contains(&choices.values.len())
}

/// The language of the labels on a page: structures have Finnish and Swedish ones.
#[must_use]
pub(crate) fn labels_in(language: Language) -> ViewLanguage {
    match language {
        Language::Swedish => ViewLanguage::Swedish,
        Language::Finnish | Language::English => ViewLanguage::Finnish,
    }
}

/// What earlier documents have for a form, and what was taken over from them; by the names of controls.
#[derive(Default)]
pub(crate) struct FromEarlier {
    /// Offered for rows that are empty.
    pub(crate) offers: HashMap<String, Offer>,
    /// What is said of a row that was taken over.
    pub(crate) taken: HashMap<String, String>,
}

/// A value that may be taken over.
pub(crate) struct Offer {
    /// Which of those found it is.
    pub(crate) number: usize,
    /// As it would be shown.
    pub(crate) shown: String,
    /// From which document: what it is called, and where it is read.
    pub(crate) document: String,
    pub(crate) address: String,
}

/// So much of an offered value is shown; the rest is read in its document.
const SHOWN_OF_OFFER: usize = 300;

/// A form as a part of a page.
#[derive(Template)]
#[template(path = "form.html")]
pub(crate) struct FormView<'f> {
    form: &'f Form,
    words: Words,
    /// Where the value of a control was taken from, by its name.
    sources: &'f HashMap<String, Source>,
    earlier: &'f FromEarlier,
    /// The rows with faults: name, label, what is wrong.
    faulty: Vec<(String, String, String)>,
    /// What is wrong with no row.
    loose: Vec<String>,
    /// The lists that codes are looked for in: name and values.
    lists: BTreeMap<String, Vec<String>>,
    /// Whether all of it is in sight.
    whole: bool,
}

impl<'f> FormView<'f> {
    /// The form in the words of a language.
    #[must_use]
    pub(crate) fn new(
        form: &'f Form,
        language: Language,
        sources: &'f HashMap<String, Source>,
        earlier: &'f FromEarlier,
    ) -> Self {
        let words = Words(language);
        let (mut lists, mut controls) = (BTreeMap::new(), 0);
        form.each(&mut |row| {
            controls += usize::from(row.below().is_empty());
            if let Holds::Code { choices, .. } = &row.holds
                && !is_list(choices)
                && !choices.values.is_empty()
                && !lists.contains_key(&choices.list)
            {
                let shown = choices.values.iter().map(varanto_formats::form::Choice::shown);
                lists.insert(choices.list.clone(), shown.collect());
            }
        });
        let faulty = form.faulty().into_iter().flat_map(|row| {
            let label = label(row, words);
            row.faults.iter().map(move |fault| {
                (row.name.clone(), label.clone(), told(fault, &row.holds, language))
            })
        });
        let loose =
            form.faults.iter().map(|fault| told(fault, &Holds::Entries(Vec::new()), language));
        let (faulty, loose, whole) = (faulty.collect(), loose.collect(), controls <= WHOLE);
        Self { form, words, sources, earlier, faulty, loose, lists, whole }
    }

    fn count(&self) -> String {
        (self.faulty.len() + self.loose.len()).to_string()
    }

    fn view(&self, row: &Row) -> String {
        let view = RowView {
            row,
            words: self.words,
            sources: self.sources,
            earlier: self.earlier,
            removable: false,
            whole: self.whole,
        };
        rendered(&view)
    }
}

fn rendered(view: &RowView<'_>) -> String {
    view.render().unwrap_or_else(|error| {
        tracing::error!(%error, "a row of a form cannot be rendered");
        String::new()
    })
}

#[derive(Template)]
#[template(path = "form_row.html")]
struct RowView<'f> {
    row: &'f Row,
    words: Words,
    sources: &'f HashMap<String, Source>,
    earlier: &'f FromEarlier,
    /// Whether it is an entry that may be taken out.
    removable: bool,
    /// Whether groups that need not be there are unfolded.
    whole: bool,
}

/// What a row is called on the page.
fn label(row: &Row, words: Words) -> String {
    let (name, _) = name_in(&row.names, labels_in(words.language()));
    match row.entry {
        Some(number) if number > 1 => format!("{name} {number}"),
        _ => name.to_owned(),
    }
}

impl RowView<'_> {
    fn view(&self, row: &Row) -> String {
        rendered(&self.of(row, false))
    }

    fn entry(&self, row: &Row, of: usize) -> String {
        rendered(&self.of(row, of > 1 || self.may_be_empty()))
    }

    /// A row of the same form.
    fn of<'r>(&'r self, row: &'r Row, removable: bool) -> RowView<'r> {
        let Self { words, sources, earlier, whole, .. } = *self;
        RowView { row, words, sources, earlier, removable, whole }
    }

    /// Whether a list may have no entry on the page: single values always have a place to write one.
    fn may_be_empty(&self) -> bool {
        let Holds::Entries(entries) = &self.row.holds else { return false };
        let groups = entries.iter().any(|entry| matches!(entry.holds, Holds::Group { .. }));
        groups && self.row.need != Need::Obligatory
    }

    fn label(&self) -> String {
        label(self.row, self.words)
    }

    /// The language of the label, where it is not the page's.
    fn lang(&self) -> String {
        let (_, tag) = name_in(&self.row.names, labels_in(self.words.language()));
        if tag == self.words.tag() { String::new() } else { format!(" lang=\"{tag}\"") }
    }

    /// Whether a folded group is open: all are in a short form, and one in which something is wrong.
    fn is_unfolded(&self) -> bool {
        fn troubled(row: &Row) -> bool {
            !row.faults.is_empty() || row.below().iter().any(troubled)
        }
        self.whole || troubled(self.row) || self.is_offered()
    }

    /// Whether an earlier document has something for a row in it.
    fn is_offered(&self) -> bool {
        let below = format!("{}/", self.row.name);
        self.earlier.offers.keys().any(|name| name.starts_with(&below))
    }

    fn classes(&self) -> &'static str {
        match (self.row.faults.is_empty(), self.row.need) {
            (true, Need::NotAsked) if self.is_empty() => " conditional",
            (true, _) => "",
            (false, _) => " faulty",
        }
    }

    fn is_empty(&self) -> bool {
        match &self.row.holds {
            Holds::Group { .. } | Holds::Entries(_) => false,
            Holds::Text(typed)
            | Holds::Line(typed)
            | Holds::Date(typed)
            | Holds::Moment(typed)
            | Holds::Number(typed)
            | Holds::Code { typed, .. }
            | Holds::Identifier { typed, .. } => typed.is_empty(),
            Holds::Switch(answer) => answer.is_none(),
            Holds::Quantity { value, unit } => value.is_empty() && unit.is_empty(),
            Holds::Phrase { chosen, .. } => chosen.is_none(),
        }
    }

    fn mark(&self) -> String {
        match self.row.need {
            Need::Obligatory | Need::Asked => {
                " <span class=\"must\" aria-hidden=\"true\">*</span>".to_owned()
            }
            _ => String::new(),
        }
    }

    fn hint(&self) -> Vec<(String, &'static str)> {
        let words = self.words;
        let mut hints = Vec::new();
        if let Some(help) = &self.row.help {
            let (text, tag) = name_in(help, labels_in(words.language()));
            hints.push((text.to_owned(), tag));
        }
        let mut own = |key: &str| hints.push((words.of(key), words.tag()));
        match &self.row.holds {
            Holds::Date(_) => own("form.hint_date"),
            Holds::Moment(_) => own("form.hint_moment"),
            Holds::Code { choices, .. } if is_list(choices) => {}
            Holds::Code { choices, .. } if choices.values.is_empty() => own("form.hint_code"),
            Holds::Code { .. } => own("form.hint_search"),
            _ => {}
        }
        match self.row.need {
            Need::AskedOrAnother => own("form.one_of"),
            Need::NotAsked => own("form.not_asked"),
            _ => {}
        }
        if let Some(source) = self.sources.get(&self.row.name) {
            own(match source {
                Source::Case => "form.source_case",
                Source::Login => "form.source_login",
                Source::Register => "form.source_register",
                Source::Today => "form.source_today",
            });
        }
        if let Some(told) = self.earlier.taken.get(&self.row.name) {
            hints.push((told.clone(), words.tag()));
        }
        hints
    }

    /// What an earlier document has for the row, and the button that takes it over.
    fn offer(&self) -> String {
        let Some(offer) = self.earlier.offers.get(&self.row.name) else { return String::new() };
        let mut shown: String = offer.shown.chars().take(SHOWN_OF_OFFER).collect();
        if shown.len() < offer.shown.len() {
            shown.push('…');
        }
        let label = self.label();
        format!(
            "<div class=\"offer\"><p class=\"small\"><a href=\"{}\">{}</a></p><p>{}</p>\
             <button class=\"quiet\" name=\"do\" value=\"take {}\">{}<span class=\"hidden\">: {}</span></button></div>",
            escaped(&offer.address),
            escaped(&offer.document),
            escaped(&shown),
            offer.number,
            escaped(&self.words.of("form.take_over")),
            escaped(&label),
        )
    }

    /// The hints and faults of the row.
    fn about(&self) -> String {
        let mut out = String::new();
        let hints = self.hint();
        if !hints.is_empty() {
            let _ = write!(out, "<p class=\"hint\" id=\"{}?\">", escaped(&self.row.name));
            for (number, (text, tag)) in hints.iter().enumerate() {
                let space = if number > 0 { " " } else { "" };
                let _ = write!(out, "{space}<span lang=\"{tag}\">{}</span>", escaped(text));
            }
            out.push_str("</p>");
        }
        out.push_str(&self.faults());
        out.push_str(&self.offer());
        out
    }

    fn faults(&self) -> String {
        let mut out = String::new();
        if self.row.faults.is_empty() {
            return out;
        }
        let _ = write!(out, "<p class=\"fault\" id=\"{}!\">", escaped(&self.row.name));
        let language = self.words.language();
        let texts: Vec<String> =
            self.row.faults.iter().map(|one| told(one, &self.row.holds, language)).collect();
        out.push_str(&escaped(&texts.join(" ")));
        out.push_str("</p>");
        out
    }

    /// The attributes by which a control is tied to its hints and faults.
    fn described(&self) -> String {
        let name = escaped(&self.row.name);
        let mut by = Vec::new();
        if !self.hint().is_empty() && !matches!(self.row.holds, Holds::Entries(_)) {
            by.push(format!("{name}?"));
        }
        if !self.row.faults.is_empty() {
            by.push(format!("{name}!"));
        }
        let mut out = String::new();
        if !by.is_empty() {
            let _ = write!(out, " aria-describedby=\"{}\"", by.join(" "));
        }
        let group = matches!(
            self.row.holds,
            Holds::Group { .. } | Holds::Entries(_) | Holds::Switch(_) | Holds::Phrase { .. }
        );
        if !group {
            if matches!(self.row.need, Need::Obligatory | Need::Asked) {
                out.push_str(" aria-required=\"true\"");
            }
            if !self.row.faults.is_empty() {
                out.push_str(" aria-invalid=\"true\"");
            }
        }
        out
    }

    fn keys(&self) -> &'static str {
        match self.row.holds {
            Holds::Date(_) | Holds::Moment(_) => " class=\"short\" spellcheck=\"false\"",
            Holds::Number(_) => " class=\"short\" inputmode=\"decimal\"",
            _ => "",
        }
    }

    fn take_out(&self) -> String {
        if !self.removable || self.row.entry.is_none() {
            return String::new();
        }
        let label = self.label();
        let text = self.words.with("form.remove", &[("name", label.as_str())]);
        format!(
            "<p><button class=\"quiet\" name=\"do\" value=\"remove {}\">{}</button></p>",
            escaped(&self.row.name),
            escaped(&text)
        )
    }
}

/// What the templates ask, by methods and with references as they do.
#[expect(
    clippy::unused_self,
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "a template calls methods and passes references"
)]
impl RowView<'_> {
    fn is_list(&self, choices: &Choices) -> bool {
        is_list(choices)
    }

    fn is_chosen(&self, chosen: &Option<usize>, at: &usize) -> bool {
        chosen.as_ref() == Some(at)
    }

    /// How many lines a text gets.
    fn lines(&self, typed: &str) -> usize {
        let long = typed.lines().map(|line| 1 + line.chars().count() / 80).sum::<usize>();
        long.clamp(2, 20)
    }

    /// The values of a list: as posted, as named, whether it is the one that stands. One that is not in the list
    /// stands too.
    fn options(&self, choices: &Choices, typed: &str) -> Vec<(String, String, bool)> {
        let stands = choices.find(typed).map(varanto_formats::form::Choice::shown);
        let mut options: Vec<(String, String, bool)> = choices
            .values
            .iter()
            .map(|choice| {
                let shown = choice.shown();
                let chosen = stands.as_ref() == Some(&shown);
                // What was typed reads as the same, and keeps what is posted beside it.
                let value = if chosen { typed.to_owned() } else { shown };
                (value, choice.label().to_owned(), chosen)
            })
            .collect();
        if stands.is_none() && !typed.is_empty() {
            options.push((typed.to_owned(), typed.to_owned(), true));
        }
        options
    }

    /// Whether the rows of a group stay out of sight until somebody wants them.
    fn folded(&self, open: &bool) -> bool {
        !open && self.row.entry.is_none() && self.row.need != Need::Obligatory
    }
}

/// Text as it stands in a page, in attributes too.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// What is wrong, in words for who fills a form in.
fn told(fault: &Fault, holds: &Holds, language: Language) -> String {
    let kind = match (fault.kind, holds) {
        (FaultKind::WrongForm | FaultKind::WrongType, Holds::Date(_)) => "date",
        (FaultKind::WrongForm | FaultKind::WrongType, Holds::Moment(_)) => "moment",
        (FaultKind::WrongType, Holds::Number(_) | Holds::Quantity { .. }) => "number",
        (FaultKind::MissingElement, Holds::Quantity { .. }) => "quantity",
        (FaultKind::WrongType | FaultKind::UnknownCode, Holds::Code { .. }) => "code",
        (kind, _) => kind.code(),
    };
    let key = format!("form.fault.{kind}");
    if texts::find(language, &key).is_some() {
        let arg = |name: &str| {
            fault.args.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
        };
        return texts::fill(language, &key, arg);
    }
    let told = ToldFault::of(fault, language);
    format!("{} {}", told.message, told.right)
}
