//! What clients tell of themselves: the own contact facts (itse ilmoitetut yhteystiedot) and the own plan (omasuunnitelma).
//!
//! A statement is no document: the nation has no structure for one, and the client keeps it. Each telling is a version that
//! stays; the lines of the use log tell of each whole, and [`told`] says what the rows must be.
//!
//! Source: CIT-5; document 001 (basic data, client plans).

use std::collections::BTreeMap;

use crate::access::log::{Event, KeptLine};
use crate::faults::{Fault, FaultKind};
use crate::ids::{ClientKey, Oid};

/// The most characters of a text of the plan.
pub const MOST_OF_PLAN: usize = 4000;
/// The most versions of one kind in one voice whose words are kept.
pub const MOST_VERSIONS: usize = 200;
/// The most characters of a line: a street, a town, an interpreter's language.
pub const MOST_OF_LINE: usize = 100;

const RULE: &str = "CIT-5";

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StatementKind {
    /// How the client is reached.
    Contact,
    /// The client's own goals and wishes.
    Plan,
}

impl StatementKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Contact, Self::Plan];

    /// Its stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Plan => "plan",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }
}

/// Who tells it. What one guardian told is no other guardian's to see, and none of it is taken for the client's own word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Voice {
    /// The client, or one who has the client's mandate.
    Client,
    /// A guardian, by the number that names the guardian alone.
    Guardian(ClientKey),
}

/// In which language the client is contacted: the nation knows these two.
///
/// Source: national-specs 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactLanguage {
    /// Finnish.
    Finnish,
    /// Swedish.
    Swedish,
}

impl ContactLanguage {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Finnish, Self::Swedish];

    /// Its tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Finnish => "fi",
            Self::Swedish => "sv",
        }
    }

    /// The language with this tag.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.tag() == tag)
    }
}

/// How a client says to be reached; each may be left empty. The address is the one for contact (yhteysosoite), which need not
/// be where the client lives.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ContactFacts {
    /// The telephone number.
    pub telephone: String,
    /// The email address.
    pub email: String,
    /// The street or box.
    pub street: String,
    /// The postal code.
    pub postcode: String,
    /// The town.
    pub town: String,
    /// The language of contact.
    pub language: Option<ContactLanguage>,
    /// The language in which an interpreter is needed.
    pub interpreter: String,
}

/// What a client aims at and wishes, in the client's own words.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct OwnPlan {
    /// The goals.
    pub goals: String,
    /// The wishes for services and for how one is met.
    pub wishes: String,
}

/// What is said in one telling.
#[derive(Clone, PartialEq, Eq)]
pub enum Said {
    /// Contact facts.
    Contact(ContactFacts),
    /// A plan.
    Plan(OwnPlan),
}

impl std::fmt::Debug for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Said({})", self.kind().code())
    }
}

impl Said {
    /// Nothing of a kind.
    #[must_use]
    pub fn nothing(kind: StatementKind) -> Self {
        match kind {
            StatementKind::Contact => Self::Contact(ContactFacts::default()),
            StatementKind::Plan => Self::Plan(OwnPlan::default()),
        }
    }

    /// Of which kind it is.
    #[must_use]
    pub const fn kind(&self) -> StatementKind {
        match self {
            Self::Contact(_) => StatementKind::Contact,
            Self::Plan(_) => StatementKind::Plan,
        }
    }

    /// Whether nothing is said: what was told before is taken back then.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::nothing(self.kind())
    }

    /// Every fault of it, each at the field's name. A value that is wrong is not repeated: it is the client's.
    ///
    /// Source: CIT-5.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        match self {
            Self::Contact(facts) => facts.faults(),
            Self::Plan(OwnPlan { goals, wishes }) => {
                let long = [("goals", goals), ("wishes", wishes)];
                long.iter().filter_map(|(name, text)| too_long(name, text, MOST_OF_PLAN)).collect()
            }
        }
    }

    /// The same without what nobody means to write: space around each text, tabulators, and signs that are not seen or turn the
    /// direction of others around. Lines of a plan stay lines.
    #[must_use]
    pub fn tidied(&self) -> Self {
        match self {
            Self::Contact(facts) => Self::Contact(ContactFacts {
                telephone: tidy(&facts.telephone, false),
                email: tidy(&facts.email, false),
                street: tidy(&facts.street, false),
                postcode: tidy(&facts.postcode, false),
                town: tidy(&facts.town, false),
                language: facts.language,
                interpreter: tidy(&facts.interpreter, false),
            }),
            Self::Plan(OwnPlan { goals, wishes }) => {
                Self::Plan(OwnPlan { goals: tidy(goals, true), wishes: tidy(wishes, true) })
            }
        }
    }
}

fn tidy(text: &str, lines: bool) -> String {
    let text = text.replace("\r\n", "\n");
    let kept = text.chars().filter_map(|sign| match sign {
        '\n' if lines => Some('\n'),
        '\n' | '\t' | '\u{a0}' => Some(' '),
        sign if sign.is_control() || is_unseen(sign) => None,
        sign => Some(sign),
    });
    kept.collect::<String>().trim().to_owned()
}

/// Signs of formatting: they are not seen, and some turn the text that follows around.
const fn is_unseen(sign: char) -> bool {
    matches!(sign, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The name of one who tells for another, as the login has it, of a length that a page shows.
#[must_use]
pub fn name_of_teller(name: &str) -> String {
    tidy(name, false).chars().take(MOST_OF_LINE).collect()
}

impl ContactFacts {
    /// Whether an address is told.
    #[must_use]
    pub const fn has_address(&self) -> bool {
        !(self.street.is_empty() && self.postcode.is_empty() && self.town.is_empty())
    }

    fn faults(&self) -> Vec<Fault> {
        let Self { telephone, email, street, postcode, town, interpreter, .. } = self;
        let mut faults = Vec::new();
        if !telephone.is_empty() && !is_telephone(telephone) {
            faults.push(wrong_form("telephone", "+358 40 123 4567"));
        }
        if !email.is_empty() && !is_email(email) {
            faults.push(wrong_form("email", "aino@example.fi"));
        }
        if !postcode.is_empty() && !is_postcode(postcode) {
            faults.push(wrong_form("postcode", "00100"));
        }
        for (name, line) in [("street", street), ("town", town), ("interpreter", interpreter)] {
            faults.extend(too_long(name, line, MOST_OF_LINE));
        }
        if self.has_address() {
            // A letter with half an address does not arrive.
            let parts = [("street", street), ("postcode", postcode), ("town", town)];
            let missing = parts.into_iter().filter(|(_, part)| part.is_empty());
            faults.extend(missing.map(|(name, _)| {
                Fault::new(FaultKind::MissingElement, name, RULE).arg("name", name)
            }));
        }
        faults
    }
}

fn wrong_form(name: &str, expected: &str) -> Fault {
    Fault::new(FaultKind::WrongForm, name, RULE).arg("expected", expected)
}

fn too_long(name: &str, text: &str, most: usize) -> Option<Fault> {
    let fault = || Fault::new(FaultKind::TooManyCharacters, name, RULE).arg("limit", most);
    (text.chars().count() > most).then(fault)
}

/// A number that somebody can dial: 5 to 15 digits, as they are written down.
fn is_telephone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let sign = |c: char| c.is_ascii_digit() || " -()".contains(c);
    let signs = text.strip_prefix('+').unwrap_or(text);
    (5..=15).contains(&digits) && signs.chars().all(sign) && text.len() <= 30
}

/// An address that a message can be sent to. Whether it arrives only sending it tells.
fn is_email(text: &str) -> bool {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>,;:\"()[]\\".contains(c);
    let Some((local, domain)) = text.split_once('@') else { return false };
    let labels = || domain.split('.');
    !local.is_empty()
        && !domain.contains('@')
        && labels().count() >= 2
        && labels().all(|label| !label.is_empty())
        && text.chars().all(plain)
        && text.chars().count() <= 254
}

/// A postal code, of Finland or of another country.
fn is_postcode(text: &str) -> bool {
    let sign = |c: char| c.is_ascii_alphanumeric() || c == ' ' || c == '-';
    (3..=10).contains(&text.len()) && text.chars().all(sign)
}

/// A telling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its key.
    pub key: i64,
    /// Of whom.
    pub client: ClientKey,
    /// What.
    pub kind: StatementKind,
    /// Who tells it.
    pub voice: Voice,
    /// Which one it is of its kind in this voice, counted from 1.
    pub number: u32,
    /// In whose register it is kept.
    pub controller: Oid,
    /// The salted digest of what is said, base64.
    pub said: String,
    /// The line that tells of it.
    pub line: i64,
    /// The line that tells that its words were taken out for good; `None`: they are kept.
    pub forgotten: Option<i64>,
}

impl Statement {
    /// What the line tells by which its words are taken out.
    #[must_use]
    pub fn detail_of_end(&self) -> String {
        format!("act=forget statement={}", self.key)
    }

    /// What its line tells; the line's own client is the statement's.
    #[must_use]
    pub fn detail(&self) -> String {
        let Self { key, controller, number, said, .. } = self;
        let kind = self.kind.code();
        let speaker = match self.voice {
            Voice::Client => "client".to_owned(),
            Voice::Guardian(number) => number.0.to_string(),
        };
        format!(
            "act=tell statement={key} kind={kind} speaker={speaker} number={number} controller={controller} said={said}"
        )
    }
}

/// Of statements those that stand: the newest of each kind in each voice, in the order of kinds and voices.
#[must_use]
pub fn standing(all: &[Statement]) -> Vec<&Statement> {
    let mut newest: BTreeMap<(StatementKind, Voice), &Statement> = BTreeMap::new();
    for one in all {
        let place = newest.entry((one.kind, one.voice)).or_insert(one);
        if one.number > place.number {
            *place = one;
        }
    }
    newest.into_values().collect()
}

/// What lines tell of statements. Of what was denied or refused nothing follows.
///
/// Source: CIT-5, ARC-15, LOG-1.
#[must_use]
pub fn told(lines: &[KeptLine]) -> BTreeMap<i64, Statement> {
    let mut told = BTreeMap::new();
    let is_one = |line: &&KeptLine| line.event == Event::Statement && &*line.outcome == "permitted";
    for line in lines.iter().filter(is_one) {
        match line.word("act") {
            Some("tell") => told.extend(one_told(line).map(|one| (one.key, one))),
            Some("forget") => drop(forgotten(&mut told, line)),
            _ => {}
        }
    }
    told
}

fn forgotten(told: &mut BTreeMap<i64, Statement>, line: &KeptLine) -> Option<()> {
    told.get_mut(&line.word("statement")?.parse().ok()?)?.forgotten = Some(line.number);
    Some(())
}

fn one_told(line: &KeptLine) -> Option<Statement> {
    let voice = match line.word("speaker")? {
        "client" => Voice::Client,
        number => Voice::Guardian(ClientKey(number.parse().ok()?)),
    };
    Some(Statement {
        key: line.word("statement")?.parse().ok()?,
        client: line.client?,
        kind: StatementKind::of_code(line.word("kind")?)?,
        voice,
        number: line.word("number")?.parse().ok()?,
        controller: Oid::parse(line.word("controller")?).ok()?,
        said: line.word("said")?.to_owned(),
        line: line.number,
        forgotten: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::log::Actor;
    use crate::time::Instant;

    fn contact() -> ContactFacts {
        ContactFacts {
            telephone: "+358 40 123 4567".to_owned(),
            email: "aino@example.fi".to_owned(),
            street: "Koulukatu 3 A 5".to_owned(),
            postcode: "00100".to_owned(),
            town: "Helsinki".to_owned(),
            language: Some(ContactLanguage::Swedish),
            interpreter: String::new(),
        }
    }

    /// CIT-5: contact facts are such as somebody can be reached by, every fault is told at once, and none repeats what was
    /// typed.
    #[test]
    fn contact_facts_are_such_as_reach_somebody() {
        let check = |change: &dyn Fn(&mut ContactFacts), expected: &[(&str, &str)]| {
            let mut facts = contact();
            change(&mut facts);
            let faults = Said::Contact(facts).faults();
            let told: Vec<_> =
                faults.iter().map(|one| (one.kind.code(), one.element.as_str())).collect();
            assert_eq!(told, expected);
            assert!(faults.iter().all(|one| one.value.is_none()));
        };
        let form = "wrong-form";
        check(&|_| (), &[]);
        check(&|it| *it = ContactFacts::default(), &[]);
        for sound in ["040 1234567", "(09) 310-1691", "+46 8 508 290 00", "12345"] {
            check(&|it| sound.clone_into(&mut it.telephone), &[]);
        }
        for broken in ["1234", "soita", "+358 40 123 4567 ilta", "1234567890123456", "040+1234567"]
        {
            check(&|it| broken.clone_into(&mut it.telephone), &[(form, "telephone")]);
        }
        for broken in
            ["aino", "@example.fi", "aino@", "aino@fi", "a b@example.fi", "a@b@c.fi", "a@b..fi"]
        {
            check(&|it| broken.clone_into(&mut it.email), &[(form, "email")]);
        }
        check(&|it| "SW1A 1AA".clone_into(&mut it.postcode), &[]);
        check(&|it| "00100 Helsinki".clone_into(&mut it.postcode), &[(form, "postcode")]);
        check(&|it| it.town = "å".repeat(MOST_OF_LINE), &[]);
        check(&|it| it.town = "å".repeat(MOST_OF_LINE + 1), &[("too-many-characters", "town")]);
        let empty = |it: &mut ContactFacts| {
            (it.street, it.town) = (String::new(), String::new());
            "soita".clone_into(&mut it.telephone);
        };
        let missing = "missing-element";
        check(&empty, &[(form, "telephone"), (missing, "street"), (missing, "town")]);
    }

    /// CIT-5: a plan is the client's own words, in lines, of a length that somebody reads.
    #[test]
    fn a_plan_is_words_in_lines() {
        let plan = |goals: &str, wishes: &str| {
            let said = Said::Plan(OwnPlan { goals: goals.into(), wishes: wishes.into() });
            said.faults()
                .iter()
                .map(|one| (one.kind.code(), one.element.clone()))
                .collect::<Vec<_>>()
        };
        assert_eq!(plan("Asun kotona.\nKäyn töissä.", ""), []);
        let long = "å".repeat(MOST_OF_PLAN + 1);
        let faults = plan(&long, &long);
        let expected = ["goals", "wishes"].map(|name| ("too-many-characters", name.to_owned()));
        assert_eq!(faults, expected);
        let pasted = OwnPlan {
            goals: " Asun\tkotona.\r\nKäyn\u{202e} töissä.\u{0} ".into(),
            wishes: "\u{200b}".into(),
        };
        let tidied =
            OwnPlan { goals: "Asun kotona.\nKäyn töissä.".into(), wishes: String::new() };
        assert!(Said::Plan(pasted).tidied() == Said::Plan(tidied), "what is pasted is taken");
        assert_eq!(name_of_teller(" Aino\nSuvanto "), "Aino Suvanto");
        assert_eq!(plan(&"å".repeat(MOST_OF_PLAN), ""), []);
    }

    fn statement(key: i64, kind: StatementKind, voice: Voice, number: u32) -> Statement {
        Statement {
            key,
            client: ClientKey(3),
            kind,
            voice,
            number,
            controller: Oid::parse("1.2.3").unwrap(),
            said: "abc=".to_owned(),
            line: key,
            forgotten: None,
        }
    }

    fn line(statement: &Statement, outcome: &str) -> KeptLine {
        KeptLine {
            number: statement.line,
            at: Instant::from_millis(statement.line),
            event: Event::Statement,
            outcome: outcome.into(),
            reason: "own-data".into(),
            actor: Actor::nobody(),
            client: Some(statement.client),
            version: None,
            detail: statement.detail(),
        }
    }

    /// CIT-5, ARC-15: lines of the log tell a statement whole; what was denied, and looks, tell nothing.
    #[test]
    fn lines_tell_a_statement_whole() {
        for kind in StatementKind::ALL {
            for voice in [Voice::Client, Voice::Guardian(ClientKey(-77))] {
                let one = statement(5, kind, voice, 2);
                let of = |lines: &[KeptLine]| told(lines).into_values().collect::<Vec<_>>();
                assert_eq!(of(&[line(&one, "permitted")]), std::slice::from_ref(&one));
                assert_eq!(of(&[line(&one, "denied")]), []);
                let end =
                    KeptLine { number: 9, detail: one.detail_of_end(), ..line(&one, "permitted") };
                let forgotten = Statement { forgotten: Some(9), ..one.clone() };
                assert_eq!(of(&[line(&one, "permitted"), end.clone()]), [forgotten]);
                assert_eq!(of(std::slice::from_ref(&end)), []);
                let plain = line(&one, "permitted").plain_detail();
                assert!(!plain.contains("speaker="), "{plain}");
            }
        }
    }

    /// CIT-5: what stands is the newest of each kind, each voice for itself.
    #[test]
    fn the_newest_of_each_voice_stands() {
        let (own, guardian) = (Voice::Client, Voice::Guardian(ClientKey(9)));
        let all = [
            statement(1, StatementKind::Plan, own, 1),
            statement(2, StatementKind::Plan, own, 2),
            statement(3, StatementKind::Plan, guardian, 1),
            statement(4, StatementKind::Contact, own, 1),
        ];
        let keys: Vec<i64> = standing(&all).into_iter().map(|one| one.key).collect();
        assert_eq!(keys, [4, 2, 3]);
        assert_eq!(standing(&[]), Vec::<&Statement>::new());
    }
}
