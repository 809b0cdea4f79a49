//! The texts in Finnish, Swedish and English: one file each, the same keys.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

/// A language that the archive speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// Suomi: what a caller gets who asks for none.
    #[default]
    Finnish,
    /// Svenska.
    Swedish,
    /// English.
    English,
}

impl Language {
    /// Every language, in the order of the language switch.
    pub const ALL: [Self; 3] = [Self::Finnish, Self::Swedish, Self::English];

    /// The tag of RFC 5646: `fi`, `sv`, `en`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Finnish => "fi",
            Self::Swedish => "sv",
            Self::English => "en",
        }
    }

    /// The language's own name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Finnish => "Suomi",
            Self::Swedish => "Svenska",
            Self::English => "English",
        }
    }

    /// The language of a tag, its region left aside: `sv-FI` is Swedish.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split('-').next()?;
        Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.tag()))
    }

    /// The language of an address's first part: `fi`, `sv` or `en`, and nothing else.
    #[must_use]
    pub fn of_path(part: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == part)
    }

    /// The best language for an `Accept-Language` value; Finnish when none of ours is asked for.
    #[must_use]
    pub fn accepted(header: &str) -> Self {
        let mut best: Option<(f32, Self)> = None;
        for entry in header.split(',').take(20) {
            let mut parts = entry.split(';');
            let Some(tag) = parts.next().map(str::trim) else { continue };
            let weight = parts
                .find_map(|part| part.trim().strip_prefix("q=").map(|q| q.trim().parse()))
                .unwrap_or(Ok(1.0))
                .unwrap_or(0.0);
            let language = if tag == "*" { Some(Self::default()) } else { Self::of_tag(tag) };
            let Some(language) = language.filter(|_| weight > 0.0) else { continue };
            if best.is_none_or(|(most, _)| weight > most) {
                best = Some((weight, language));
            }
        }
        best.map_or_else(Self::default, |(_, language)| language)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

type Catalogue = BTreeMap<String, String>;

fn catalogue(language: Language) -> &'static Catalogue {
    static ALL: OnceLock<[Catalogue; 3]> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        [
            read(include_str!("../texts/fi.toml")),
            read(include_str!("../texts/sv.toml")),
            read(include_str!("../texts/en.toml")),
        ]
    });
    &all[language as usize]
}

fn read(text: &str) -> Catalogue {
    let table: toml::Table = text.parse().expect("a test reads the texts in the program");
    let mut all = Catalogue::new();
    flatten("", &toml::Value::Table(table), &mut all);
    all
}

fn flatten(prefix: &str, value: &toml::Value, all: &mut Catalogue) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                let dot = if prefix.is_empty() { "" } else { "." };
                flatten(&format!("{prefix}{dot}{key}"), value, all);
            }
        }
        toml::Value::String(text) => {
            all.insert(prefix.to_owned(), text.clone());
        }
        _ => {}
    }
}

/// The text of a key, if there is one.
#[must_use]
pub fn find(language: Language, key: &str) -> Option<&'static str> {
    catalogue(language).get(key).map(String::as_str)
}

/// The text of a key. A key without a text is its own text; tests keep that from happening.
#[must_use]
pub fn text(language: Language, key: &str) -> String {
    find(language, key).unwrap_or(key).to_owned()
}

/// What is wrong and what would be right, of a fault that was kept by its code; of one that this program has no words for,
/// its code.
pub(crate) fn of_kept_fault<'a>(
    language: Language,
    code: &str,
    value: impl Fn(&str) -> Option<std::borrow::Cow<'a, str>> + Copy,
) -> [String; 2] {
    ["message", "right"].map(|part| {
        // Of a row of an index and its file some things are said otherwise than of what somebody sent.
        let keys = ["row_fault", "fault"].map(|table| format!("{table}.{code}.{part}"));
        let Some(key) = keys.into_iter().find(|key| find(language, key).is_some()) else {
            return if part == "message" { code.to_owned() } else { String::new() };
        };
        fill(language, &key, |name| {
            let value = in_language(language, name, value)?;
            let named = matches!(name, "name" | "other").then(|| element_of_row(language, &value));
            Some(named.flatten().map_or_else(|| said(language, name, value), Into::into))
        })
    })
}

/// The value of a placeholder of a fault: where the fault has it in the language, such as codes with their names, that one.
/// What it has in no English it has in Finnish.
pub(crate) fn in_language<T>(
    language: Language,
    name: &str,
    value: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let named = match language {
        Language::Swedish => format!("{name}_sv"),
        Language::Finnish | Language::English => format!("{name}_fi"),
    };
    value(&named).or_else(|| value(name))
}

/// What an element of the metadata is called.
fn element(language: Language, path: &str) -> Option<&'static str> {
    find(language, &format!("element.{path}"))
}

/// What an element of a row of old data is called: of the document's metadata, or of what the mapping says besides.
pub(crate) fn element_of_row(language: Language, path: &str) -> Option<&'static str> {
    element(language, path)
        .or_else(|| find(language, &format!("old_data.field-{}", path.replace('.', "-"))))
}

/// The value of a placeholder of a fault. The programs that look into files and letters say in English what they met, from
/// a list that is known; it is said in the language.
pub(crate) fn said<'a>(
    language: Language,
    name: &str,
    value: std::borrow::Cow<'a, str>,
) -> std::borrow::Cow<'a, str> {
    match name {
        "reason" | "what" | "expected" => {}
        "name" | "other" => {
            let known = element(language, &value);
            return known.map_or(value, Into::into);
        }
        "condition" => {
            let known = find(language, &format!("condition.{value}"));
            return known.map_or(value, Into::into);
        }
        _ => return value,
    }
    // Of a page, elements and attributes are told by name.
    if name == "what"
        && let Some(words) =
            value.split(", ").map(|one| lost(language, one)).collect::<Option<Vec<_>>>()
    {
        return words.join(", ").into();
    }
    // Of a tool, its name comes before what it says.
    let (tool, met) = match value.split_once(": ") {
        Some((tool, met)) if find(language, &format!("{SAID}{met}")).is_some() => (tool, met),
        _ => ("", &*value),
    };
    let known = find(language, &format!("{SAID}{met}")).map(str::to_owned);
    let known = known.or_else(|| {
        let all = catalogue(language).range(SAID.to_owned()..).map(|(key, text)| (&**key, text));
        let mut all = all.map_while(|(key, text)| Some((key.strip_prefix(SAID)?, text)));
        all.find_map(|(pattern, text)| {
            let parts = parts_of(pattern, met)?;
            Some(parts.iter().fold(text.clone(), |text, part| text.replacen("{}", part, 1)))
        })
    });
    match known {
        Some(known) if tool.is_empty() => known.into(),
        Some(known) => format!("{tool}: {known}").into(),
        None => value,
    }
}

/// What the keys of what the workbench of old data says begin with: its English is the key.
const WORKBENCH: &str = "workbench.";

/// What the workbench of old data says in English, in the language: line by line, each as the list of what it says has it, or
/// what follows upon the name of a key or file. What is in no list stays as it is: it is the words of the system or of a file.
pub(crate) fn of_workbench(language: Language, words: &str) -> String {
    if language == Language::English {
        return words.to_owned();
    }
    let lines = words.split('\n').map(|line| line_of_workbench(language, line));
    lines.collect::<Vec<_>>().join("\n")
}

fn line_of_workbench(language: Language, line: &str) -> String {
    let ends = std::iter::once(0).chain(line.match_indices(": ").map(|(at, _)| at + 2));
    let mut known = ends.map(|at| (at, sentence_of_workbench(language, &line[at..])));
    let known = known.find_map(|(at, said)| Some((at, said?)));
    known.map_or_else(|| line.to_owned(), |(at, said)| format!("{}{said}", &line[..at]))
}

/// A sentence of the list; of several patterns that fit, the one that says most itself.
fn sentence_of_workbench(language: Language, sentence: &str) -> Option<String> {
    if let Some(known) = find(language, &format!("{WORKBENCH}{sentence}")) {
        return Some(known.to_owned());
    }
    let all = catalogue(language).range(WORKBENCH.to_owned()..);
    let all = all.map_while(|(key, text)| Some((key.strip_prefix(WORKBENCH)?, text)));
    let fitting = all.filter_map(|(key, text)| Some((key, text, parts_of(key, sentence)?)));
    let (_, text, parts) = fitting.max_by_key(|(key, ..)| key.len())?;
    let part = |part: &str| {
        let moment = varanto_domain::time::Instant::parse(part);
        let moment = moment.map(|at| crate::pages::Words(language).moment(&at));
        moment.unwrap_or_else(|| line_of_workbench(language, part))
    };
    let mut pieces = text.split("{}");
    let mut said = pieces.next().unwrap_or_default().to_owned();
    for (own, piece) in parts.iter().zip(pieces) {
        said.push_str(&part(own));
        said.push_str(piece);
    }
    Some(said)
}

/// What stands in the gaps of a pattern, in their order, where a text is of it and the pattern has any.
fn parts_of<'t>(pattern: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let mut pieces = pattern.split("{}");
    let mut rest = text.strip_prefix(pieces.next()?)?;
    let mut pieces = pieces.peekable();
    let mut parts = Vec::new();
    while let Some(piece) = pieces.next() {
        let is_last = pieces.peek().is_none();
        let at = match (is_last, piece) {
            (true, "") => rest.len(),
            (true, piece) => rest.strip_suffix(piece)?.len(),
            (false, piece) => rest.find(piece)?,
        };
        parts.push(&rest[..at]);
        rest = &rest[at + piece.len()..];
    }
    (!parts.is_empty()).then_some(parts)
}

/// What an element of a page, or an attribute after `@`, is in words; none where it is no name of one.
fn lost(language: Language, name: &str) -> Option<String> {
    let known = find(language, &format!("lost.{name}")).map(str::to_owned);
    known.or_else(|| {
        let attribute = name.strip_prefix('@')?;
        Some(text(language, "lost.attribute").replacen("{}", attribute, 1))
    })
}

/// What the keys of what is said of files begin with.
const SAID: &str = "said.";

/// The text of a key with its `{placeholders}` filled in; one that nobody fills becomes a dash.
pub fn fill<'a>(
    language: Language,
    key: &str,
    value: impl Fn(&str) -> Option<std::borrow::Cow<'a, str>>,
) -> String {
    let pattern = find(language, key).unwrap_or(key);
    let mut out = String::with_capacity(pattern.len() + 32);
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        out.push_str(value(name).as_deref().unwrap_or("–"));
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
pub(crate) fn keys(language: Language) -> Vec<&'static str> {
    catalogue(language).keys().map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn placeholders(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|part| part.split('}').next()).collect()
    }

    #[test]
    fn the_three_languages_have_the_same_keys_and_placeholders() {
        for language in [Language::Swedish, Language::English] {
            assert_eq!(keys(Language::Finnish), keys(language), "{language}");
            for key in keys(language) {
                let (finnish, other) = (text(Language::Finnish, key), text(language, key));
                assert_eq!(placeholders(&finnish), placeholders(&other), "{language} {key}");
                assert!(!other.trim().is_empty(), "{language} {key}");
            }
        }
    }

    #[test]
    fn no_long_text_was_left_in_another_language() {
        for key in keys(Language::Finnish) {
            let finnish = text(Language::Finnish, key);
            if finnish.chars().count() > 25 {
                assert_ne!(finnish, text(Language::Swedish, key), "{key}");
                assert_ne!(finnish, text(Language::English, key), "{key}");
            }
        }
    }

    /// OLD-1, OLD-7: why a file is not converted, or no PDF file, is said in the language of who reads it.
    #[test]
    fn what_is_met_in_files_is_said_in_each_language() {
        let said = |met: &'static str| said(Language::Finnish, "reason", met.into());
        assert_eq!(said("the picture breaks off"), "kuva katkeaa kesken");
        assert_eq!(said("Ghostscript: it took too long"), "Ghostscript: se kesti liian kauan");
        assert_eq!(said("it does not read in UTF-8"), "sitä ei voi lukea merkistöllä UTF-8");
        assert_eq!(said("12 pages"), "12 sivua");
        assert_eq!(said("something: else"), "something: else");
        let lost = super::said(Language::English, "what", "@width, img".into());
        assert_eq!(lost, "the attribute width, a picture that is not in the file");
        let lost = super::said(Language::Finnish, "what", "hidden text".into());
        assert_eq!(lost, "piilotettu teksti");
        for condition in varanto_domain::archive::elements::Condition::ALL {
            let key = format!("condition.{}", condition.code());
            assert!(find(Language::Finnish, &key).is_some(), "{key}");
        }
        let other = super::said(Language::Finnish, "value", "words".into());
        assert_eq!(other, "words", "only what a program says");
        for key in keys(Language::English).into_iter().filter_map(|key| key.strip_prefix(SAID)) {
            assert_eq!(text(Language::English, &format!("{SAID}{key}")), key);
        }
    }

    /// OLD-7, ARC-2: elements and codes are told by their names in the language, in what is told of a kept fault and of a new one.
    #[test]
    fn elements_and_codes_are_told_by_name() {
        for element in varanto_domain::archive::elements::Element::ALL {
            let path = element.path();
            assert_eq!(super::element(Language::Finnish, path), Some(element.row().finnish));
        }
        let args = |name: &str| match name {
            "element" => Some("serviceuppgift".into()),
            "other" => Some("original_service_task.code".into()),
            "expected" => Some("23, 24".into()),
            "expected_fi" => Some("23 Iäkkäiden palvelut, 24 Lapsiperheiden palvelut".into()),
            "expected_sv" => Some("23 Service för äldre, 24 Service för barnfamiljer".into()),
            _ => None,
        };
        let told = of_kept_fault(Language::Swedish, "disagreement", args);
        assert_eq!(
            told.join(" "),
            "Uppgifterna serviceuppgift och ursprunglig serviceuppgift strider mot varandra. Väntat av serviceuppgift: 23 \
             Service för äldre, 24 Service för barnfamiljer. Eller rätta ursprunglig serviceuppgift."
        );
        let reason = |name: &str| (name == "reason").then(|| "it broke off".into());
        let [message, right] = of_kept_fault(Language::English, "not-pdf", reason);
        assert_eq!(message, "The file is no whole PDF file: it broke off.");
        assert!(right.starts_with("Ask the source"), "nobody sends it: {right}");
        let named = |name: &str| (name == "name").then(|| "main_document_batch".into());
        let [_, right] = of_kept_fault(Language::English, "missing-element", named);
        assert_eq!(right, "Add the element: Batch of the main document.");
        for (language, said) in [
            (Language::Finnish, "päivää 31.2.2009 ei ole kalenterissa"),
            (Language::Swedish, "31.2.2009 finns inte i kalendern"),
        ] {
            let met = super::said(language, "reason", "31.2.2009 is no day of the calendar".into());
            assert_eq!(met, said);
        }
    }

    /// OLD-9: what the workbench says is said in the language, after names of files and keys, and with what stands in its gaps;
    /// the list is of what it says.
    #[test]
    fn what_the_workbench_says_is_said_in_each_language() {
        let swedish = |words: &str| of_workbench(Language::Swedish, words);
        assert_eq!(
            swedish(
                "mapping.toml:\njoined_on: expected a day\ndocument.general_type: must be said"
            ),
            "mapping.toml:\njoined_on: här ska stå en dag, till exempel 2024-01-01\ndocument.general_type: måste anges"
        );
        assert_eq!(
            swedish("the batch was confirmed on 2026-11-26T19:11:44.869Z, and stays"),
            "partiet bekräftades 26.11.2026 kl. 21.11 och blir kvar"
        );
        assert_eq!(
            swedish(
                "document.client_state: the word \"V\" is made \"activ\"; expected ended, active or deceased"
            ),
            "document.client_state: ordet \"V\" blir \"activ\"; det ska bli ended, active eller deceased"
        );
        assert_eq!(swedish("x: No such file or directory"), "x: No such file or directory");
        let english = "mapping.toml:\njoined_on: expected a day";
        assert_eq!(of_workbench(Language::English, english), english);
        let keys = keys(Language::English).into_iter();
        for key in keys.filter_map(|key| key.strip_prefix(WORKBENCH)) {
            assert_eq!(text(Language::English, &format!("{WORKBENCH}{key}")), key);
            let gaps =
                |language| text(language, &format!("{WORKBENCH}{key}")).matches("{}").count();
            assert_eq!(gaps(Language::Finnish), gaps(Language::English), "{key}");
            assert_eq!(gaps(Language::Swedish), gaps(Language::English), "{key}");
        }
    }

    /// A pattern may have several gaps.
    #[test]
    fn gaps_of_a_pattern_are_found() {
        assert_eq!(parts_of("{}: {} of {}", "a: 1 of b c"), Some(vec!["a", "1", "b c"]));
        assert_eq!(parts_of("no {} here", "no way here"), Some(vec!["way"]));
        assert_eq!(parts_of("no {} here", "no way there"), None);
        assert_eq!(parts_of("nothing", "nothing"), None);
    }

    /// Everything that a conversion can say is in the list, as its source has it.
    #[test]
    fn every_reason_of_a_conversion_is_in_the_list() {
        let place = concat!(env!("CARGO_MANIFEST_DIR"), "/../varanto-workbench/src/conversion");
        let mut folders = vec![std::path::PathBuf::from(place)];
        let mut found = BTreeSet::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if !path.ends_with("tests.rs") {
                    let source = std::fs::read_to_string(&path).unwrap();
                    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
                    for (call, prefix) in [
                        ("loses(\"", ""),
                        ("here(\"", ""),
                        ("here(format!(\"", ""),
                        (".failed(\"", ""),
                        ("broken(\"", "the picture "),
                        ("what: \"", ""),
                    ] {
                        let after = source.split(call).skip(1);
                        let named = after.filter_map(|after| after.split('"').next());
                        found.extend(named.map(|one| format!("{prefix}{one}")));
                    }
                }
            }
        }
        for composed in ["the picture {what}", "{}: {reason}"] {
            found.remove(composed);
        }
        assert!(found.len() > 60, "{found:?}");
        let pattern = |one: &str| match (one.split_once('{'), one.split_once('}')) {
            (Some((before, _)), Some((_, after))) => format!("{before}{{}}{after}"),
            _ => one.to_owned(),
        };
        for one in found {
            assert!(
                find(Language::Finnish, &format!("{SAID}{}", pattern(&one))).is_some(),
                "{one}"
            );
        }
    }

    #[test]
    fn the_language_follows_the_weights_of_accept_language() {
        let checks = [
            ("", "fi"),
            ("de, en;q=0.5, sv;q=0.8", "sv"),
            ("en-GB,en;q=0.9", "en"),
            ("sv-FI", "sv"),
            ("sv;q=0, en;q=0.1", "en"),
            ("*", "fi"),
            ("de", "fi"),
            ("en;q=nonsense, sv;q=0.2", "sv"),
        ];
        for (header, expected) in checks {
            assert_eq!(Language::accepted(header).tag(), expected, "{header}");
        }
    }

    #[test]
    fn an_unfilled_placeholder_becomes_a_dash() {
        let filled = fill(Language::English, "fault.wrong-type.right", |_| None);
        assert_eq!(filled, "Expected type: –.");
    }
}
