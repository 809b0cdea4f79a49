//! Finnish text for made-up documents: names, addresses, units, and sentences as social workers
//! write them. All of it was written for this file; none comes from a real record.

mod phrases;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use varanto_domain::codes::{CodeSet, CodeSets, sets};
use varanto_domain::ids::{Oid, PersonalIdentityCode};
use varanto_domain::structures::{Field, FieldKind};
use varanto_domain::time::FinnishDay;

use super::{Coded, Draw, Person, TextSource};
use phrases as p;

/// What a text is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// What happened: meetings, calls, home visits.
    Event,
    /// How the client is doing, in general.
    Situation,
    /// A child's growth, school and wellbeing.
    Child,
    /// Parents, siblings and those near.
    Family,
    /// Health and ability to function.
    Health,
    /// Housing and surroundings.
    Housing,
    /// Income, expenses and debts.
    Economy,
    /// Work, studies and everyday activity.
    Work,
    /// Substances and addictions.
    Substances,
    /// Violence and safety.
    Safety,
    /// Old age and support at home.
    OldAge,
    /// Disability and support in it.
    Disability,
    /// Strengths and resources.
    Strengths,
    /// What the client or somebody near thinks.
    Opinion,
    /// What is aimed at.
    Goal,
    /// How the aims are reached, and by when.
    Means,
    /// The professional's conclusions.
    Assessment,
    /// What was decided.
    Decision,
    /// Why it was decided so.
    Grounds,
    /// The sections of law behind it.
    Law,
    /// How to appeal, and what rights there are.
    Rights,
    /// What was agreed to do next.
    NextSteps,
    /// Restrictive measures and how they were carried out.
    Restriction,
    /// Family law: custody, maintenance, parenthood.
    FamilyLaw,
}

/// The built-in text source, one for each document: it keeps the town of the address that it is in
/// the middle of, and the days of a document close to each other.
#[derive(Debug, Clone, Default)]
pub struct FinnishText {
    town: usize,
    around: Option<FinnishDay>,
}

impl FinnishText {
    /// A fresh source.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl TextSource for FinnishText {
    fn text(&mut self, field: &Field, within: &str, draw: &mut Draw) -> String {
        let key = &*field.key;
        if key == "nimi" && within.contains("tavoit") {
            return sentence(Topic::Goal, draw);
        }
        if let Some(short) = self.short_text(key, draw) {
            return short;
        }
        if field.kind == FieldKind::Name || field.kind == FieldKind::SignatureLine {
            return if key.contains("organisaatio")
                || key.contains("paikka")
                || key.contains("oikeus")
            {
                unit_name(draw)
            } else {
                full_name(draw)
            };
        }
        if within == "henkilonnimi" {
            return (*draw.pick(p::SURNAMES)).to_owned();
        }
        let topic = topic_of(key);
        let long = ["kuvaus", "asiasisalto", "arvio", "johtopaatokset", "ratkaisu", "sisalto"];
        let sentences = if long.iter().any(|word| key.contains(word)) {
            draw.between(3, 6)
        } else {
            draw.between(1, 3)
        };
        paragraph(topic, sentences, draw)
    }

    fn day(&mut self, _: &Field, draw: &mut Draw) -> FinnishDay {
        match self.around {
            Some(around) => around.plus_days(draw.between(-40, 40)),
            None => *self.around.insert(day(draw)),
        }
    }
}

impl FinnishText {
    /// The text of a row that holds a word or two, such as a part of an address.
    fn short_text(&mut self, key: &str, draw: &mut Draw) -> Option<String> {
        let has = |part: &str| key.contains(part);
        Some(match key {
            "lahiosoite" => {
                self.town = draw.below(p::TOWNS.len());
                street_address(draw)
            }
            "postinumero" => post_code(self.town, draw),
            "postitoimipaikka" => p::TOWNS[self.town].0.to_owned(),
            "sukunimi" => (*draw.pick(p::SURNAMES)).to_owned(),
            "etunimet" => given_names(draw.chance(50), draw),
            "paikka" => (*draw.pick(p::PLACES)).to_owned(),
            "ammatti" | "tyoala" | "aiempi_tyoala" | "toimiala" => {
                (*draw.pick(p::OCCUPATIONS)).to_owned()
            }
            "tulkkausmenetelma" => (*draw.pick(p::INTERPRETING)).to_owned(),
            "maaraaika" => (*draw.pick(p::TIME_LIMITS)).to_owned(),
            "huoneluku" => (*draw.pick(p::ROOMS)).to_owned(),
            "rooli" | "roolin_kuvaus" | "henkilon_suhde" => (*draw.pick(p::ROLES)).to_owned(),
            "edunvalvojan_tunniste" => format!("EV-{}", draw.between(10_000, 99_999)),
            _ if has("puhelin") => phone(draw),
            _ if has("sahkoposti") => email(draw),
            _ if has("tehtavanimike") || has("virka_asema") || has("tutkintonimike") => {
                (*draw.pick(p::TITLES)).to_owned()
            }
            _ if has("sijoituspaikan_nimi") || has("oppilaitos") || has("paivahoitopaikka") => {
                unit_name(draw)
            }
            _ if has("liite") => (*draw.pick(p::ATTACHMENTS)).to_owned(),
            _ if has("osallistuj") || has("henkilot") || has("jakelu") || has("tiedoksi") => {
                people(draw)
            }
            _ if has("ajankohta") || has("kesto") || has("aikataulu") => {
                let phrase = *draw.pick(p::TIMES);
                fill(phrase, draw)
            }
            _ => return None,
        })
    }
}

/// Words in a row's member name, and the topic each points to.
const TOPIC_WORDS: &[(&str, Topic)] = &[
    ("vireilletulo", Topic::Event),
    ("lakiselostus", Topic::Rights),
    ("ohjeteksti", Topic::Rights),
    ("oikeusturva", Topic::Rights),
    ("selvitys_on_annettu", Topic::Rights),
    ("laki", Topic::Law),
    ("lainkoh", Topic::Law),
    ("perustel", Topic::Grounds),
    ("syy", Topic::Grounds),
    ("rajoit", Topic::Restriction),
    ("rajoitus", Topic::Restriction),
    ("erityishuol", Topic::Disability),
    ("mielipide", Topic::Opinion),
    ("nakemy", Topic::Opinion),
    ("toive", Topic::Opinion),
    ("ehdot", Topic::Opinion),
    ("asiakkaan_arvio", Topic::Opinion),
    ("laheisen_arvio", Topic::Opinion),
    ("voimavara", Topic::Strengths),
    ("keino", Topic::Means),
    ("menetelm", Topic::Means),
    ("toteutus", Topic::Means),
    ("tapaamisista", Topic::Means),
    ("vastuunsa", Topic::Means),
    ("tehtavansa", Topic::Means),
    ("tavoite", Topic::Goal),
    ("jatkotoim", Topic::NextSteps),
    ("jatkosuunnitelma", Topic::NextSteps),
    ("toimenpite", Topic::NextSteps),
    ("seuranta", Topic::NextSteps),
    ("johtopaato", Topic::Assessment),
    ("arvio", Topic::Assessment),
    ("paatos", Topic::Decision),
    ("ratkaisu", Topic::Decision),
    ("vakival", Topic::Safety),
    ("pelo", Topic::Safety),
    ("uhka", Topic::Safety),
    ("turva", Topic::Safety),
    ("riski", Topic::Safety),
    ("paihde", Topic::Substances),
    ("kayton", Topic::Substances),
    ("audit", Topic::Substances),
    ("elatus", Topic::FamilyLaw),
    ("vanhemmuu", Topic::FamilyLaw),
    ("sopimus", Topic::FamilyLaw),
    ("tapaamis", Topic::FamilyLaw),
    ("huolto", Topic::FamilyLaw),
    ("terveys", Topic::Health),
    ("terveyden", Topic::Health),
    ("toimintakyky", Topic::Health),
    ("sairau", Topic::Health),
    ("asumi", Topic::Housing),
    ("olosuhte", Topic::Housing),
    ("talou", Topic::Economy),
    ("tulo", Topic::Economy),
    ("velka", Topic::Economy),
    ("laskutus", Topic::Economy),
    ("tyo", Topic::Work),
    ("koulutus", Topic::Work),
    ("opinto", Topic::Work),
    ("koulu", Topic::Child),
    ("varhaiskasvatus", Topic::Child),
    ("lapse", Topic::Child),
    ("lasta", Topic::Child),
    ("nuore", Topic::Child),
    ("vanhem", Topic::Family),
    ("perhe", Topic::Family),
    ("laheis", Topic::Family),
    ("verkosto", Topic::Family),
    ("omais", Topic::OldAge),
    ("kotihoi", Topic::OldAge),
    ("vamma", Topic::Disability),
    ("asiasisalto", Topic::Event),
    ("tapahtuma", Topic::Event),
    ("kuvaus", Topic::Event),
];

/// Which topic a row's member name points to. The first word found decides.
fn topic_of(key: &str) -> Topic {
    let found = TOPIC_WORDS.iter().find(|(word, _)| key.contains(word));
    found.map_or(Topic::Situation, |(_, topic)| *topic)
}

fn bank(topic: Topic) -> &'static [&'static str] {
    match topic {
        Topic::Event => p::EVENT,
        Topic::Situation => p::SITUATION,
        Topic::Child => p::CHILD,
        Topic::Family => p::FAMILY,
        Topic::Health => p::HEALTH,
        Topic::Housing => p::HOUSING,
        Topic::Economy => p::ECONOMY,
        Topic::Work => p::WORK,
        Topic::Substances => p::SUBSTANCES,
        Topic::Safety => p::SAFETY,
        Topic::OldAge => p::OLD_AGE,
        Topic::Disability => p::DISABILITY,
        Topic::Strengths => p::STRENGTHS,
        Topic::Opinion => p::OPINION,
        Topic::Goal => p::GOAL,
        Topic::Means => p::MEANS,
        Topic::Assessment => p::ASSESSMENT,
        Topic::Decision => p::DECISION,
        Topic::Grounds => p::GROUNDS,
        Topic::Law => p::LAW,
        Topic::Rights => p::RIGHTS,
        Topic::NextSteps => p::NEXT_STEPS,
        Topic::Restriction => p::RESTRICTION,
        Topic::FamilyLaw => p::FAMILY_LAW,
    }
}

/// One made-up sentence about a topic.
#[must_use]
pub fn sentence(topic: Topic, draw: &mut Draw) -> String {
    let phrase = *draw.pick(bank(topic));
    fill(phrase, draw)
}

/// Different sentences of a topic one after another, as many as asked for or as there are.
fn paragraph(topic: Topic, sentences: i32, draw: &mut Draw) -> String {
    let mut left: Vec<&str> = bank(topic).to_vec();
    let count = usize::try_from(sentences).unwrap_or(1).min(left.len());
    let mut text = String::new();
    for at in 0..count {
        if at > 0 {
            text.push(if at % 4 == 3 { '\n' } else { ' ' });
        }
        let phrase = left.swap_remove(draw.below(left.len()));
        text.push_str(&fill(phrase, draw));
    }
    text
}

/// A phrase with its slots (`{palvelua}`) filled in.
fn fill(phrase: &str, draw: &mut Draw) -> String {
    let mut text = String::with_capacity(phrase.len() + 32);
    let mut rest = phrase;
    while let Some((before, after)) = rest.split_once('{') {
        let (slot, after) = after.split_once('}').expect("a test closes every slot");
        text.push_str(before);
        text.push_str(&slot_text(slot, draw));
        rest = after;
    }
    text.push_str(rest);
    text
}

fn slot_text(slot: &str, draw: &mut Draw) -> String {
    let list = match slot {
        "palvelu" => p::SERVICE,
        "palvelua" => p::SERVICE_PARTITIVE,
        "palvelun" => p::SERVICE_GENITIVE,
        "läheinen" => p::NEAR_PERSON,
        "läheisen" => p::NEAR_PERSON_GENITIVE,
        "työntekijä" => p::WORKER,
        "aika" => p::SPAN_GENITIVE,
        "viikonpäivänä" => p::WEEKDAY,
        "harrastus" => p::HOBBY,
        "klo" => return format!("{}.{:02}", draw.between(8, 16), draw.between(0, 3) * 15),
        "pv" => {
            let (day, month) = (draw.between(1, 28), draw.between(1, 12));
            return format!("{day}.{month}.{}", draw.between(2021, 2026));
        }
        "euroa" => return draw.between(40, 1900).to_string(),
        "luku" => return draw.between(2, 9).to_string(),
        "vuosi" => return draw.between(2012, 2024).to_string(),
        _ => panic!("a test knows every slot"),
    };
    (*draw.pick(list)).to_owned()
}

/// A made-up grown-up with an identity code of the artificial range, born from 1930 to 2007.
#[must_use]
pub fn person(draw: &mut Draw) -> Person {
    born_from(1930, 78, draw)
}

/// A made-up child or young person, born from 2008 to 2025.
#[must_use]
pub fn child(draw: &mut Draw) -> Person {
    born_from(2008, 18, draw)
}

fn born_from(year: i16, years: i32, draw: &mut Draw) -> Person {
    let first = FinnishDay::new(year, 1, 1).expect("the calendar has the day");
    let born = first.plus_days(draw.between(0, years * 365 - 1));
    let female = draw.chance(50);
    // Individual numbers are odd for men and even for women.
    let number = 900 + 2 * draw.between(0, 49) + i32::from(!female);
    let number = u16::try_from(number).expect("900 to 999");
    Person {
        family: (*draw.pick(p::SURNAMES)).to_owned(),
        given: given_names(female, draw),
        code: PersonalIdentityCode::compose(born, number).expect("a day that exists, 900 to 999"),
    }
}

fn given_names(female: bool, draw: &mut Draw) -> String {
    let names = if female { p::WOMEN } else { p::MEN };
    let first = *draw.pick(names);
    let second = *draw.pick(names);
    if first == second || draw.chance(35) { first.to_owned() } else { format!("{first} {second}") }
}

fn full_name(draw: &mut Draw) -> String {
    let names = if draw.chance(70) { p::WOMEN } else { p::MEN };
    format!("{} {}", draw.pick(names), draw.pick(p::SURNAMES))
}

fn people(draw: &mut Draw) -> String {
    let count = draw.between(1, 3);
    let people: Vec<String> =
        (0..count).map(|_| format!("{} ({})", full_name(draw), draw.pick(p::ROLES))).collect();
    people.join(", ")
}

/// A made-up address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Street, number and flat.
    pub street: String,
    /// Five digits, of the town's area.
    pub post_code: String,
    /// The town.
    pub town: &'static str,
}

/// A made-up address in a real town; the street may or may not exist there.
#[must_use]
pub fn address(draw: &mut Draw) -> Address {
    let town = draw.below(p::TOWNS.len());
    Address {
        street: street_address(draw),
        post_code: post_code(town, draw),
        town: p::TOWNS[town].0,
    }
}

fn street_address(draw: &mut Draw) -> String {
    let street = *draw.pick(p::STREETS);
    let number = draw.between(1, 68);
    if draw.chance(55) {
        let stair = *draw.pick(&["A", "B", "C", "D"]);
        return format!("{street} {number} {stair} {}", draw.between(1, 48));
    }
    format!("{street} {number}")
}

fn post_code(town: usize, draw: &mut Draw) -> String {
    format!("{}{:02}", p::TOWNS[town].1, draw.between(0, 9) * 10)
}

/// The name of a made-up unit of social services.
#[must_use]
pub fn unit_name(draw: &mut Draw) -> String {
    format!("{}, {}", draw.pick(p::UNITS), draw.pick(p::DISTRICTS))
}

fn phone(draw: &mut Draw) -> String {
    format!("050 000 {:04}", draw.between(0, 9999))
}

fn email(draw: &mut Draw) -> String {
    let plain = |name: &str| name.to_lowercase().replace(['ä', 'å'], "a").replace('ö', "o");
    let (first, family) = (*draw.pick(p::WOMEN), *draw.pick(p::SURNAMES));
    format!("{}.{}@esimerkki.fi", plain(first), plain(family))
}

pub(super) fn day(draw: &mut Draw) -> FinnishDay {
    let start = FinnishDay::new(2021, 1, 4).expect("the calendar has the day");
    start.plus_days(draw.between(0, 1800))
}

pub(super) fn identifier(field: &Field, draw: &mut Draw) -> (String, String) {
    let number = draw.between(1, 9_999_999);
    match &*field.key {
        "iban" => ("urn:iso:std:iso:13616".to_owned(), "FI2112345600000785".to_owned()),
        "bic" => ("urn:iso:std:iso:9362".to_owned(), "ESIMFIHH".to_owned()),
        "y_tunnus" => ("urn:oid:1.2.246.10".to_owned(), "8888881-7".to_owned()),
        "rekisterointitunnus" => (
            "urn:oid:1.2.246.537.26".to_owned(),
            format!("{:011}", 90_000_000_i64 + i64::from(number)),
        ),
        key if key.contains("diaari") => {
            ("urn:oid:1.2.246.10.8888881".to_owned(), format!("VRN/{number}/05.01/2026"))
        }
        _ => {
            let value = format!("1.2.246.10.8888881.95.2026.{number}");
            ("urn:oid:1.2.246.10.8888881".to_owned(), value)
        }
    }
}

/// One of the values allowed, or else one that the archive knows of the set; `1` of a set of which
/// it knows none.
pub(super) fn code(code_set: &Oid, allowed: &[String], draw: &mut Draw) -> Coded {
    if code_set.as_str() == sets::ORGANISATIONS && allowed.is_empty() {
        let code = format!("1.2.246.10.8888881.10.{}", draw.between(1, 60));
        return Coded { version: "2008".to_owned(), code, display: unit_name(draw) };
    }
    let set = known_sets().get(code_set.as_str());
    let values = set.map(|set| set.values.as_slice()).unwrap_or_default();
    let code = match (allowed, values) {
        ([], []) => "1",
        ([], values) => &draw.pick(values).code,
        (allowed, _) => draw.pick::<String>(allowed),
    };
    let named = values.iter().find(|value| value.code == code);
    Coded {
        version: set.map(|set| set.version.clone()).unwrap_or_default(),
        code: code.to_owned(),
        display: named.map(|value| value.names.fi.clone()).unwrap_or_default(),
    }
}

fn known_sets() -> &'static BTreeMap<String, CodeSet> {
    static SETS: OnceLock<BTreeMap<String, CodeSet>> = OnceLock::new();
    SETS.get_or_init(|| {
        let sets = CodeSets::built_in();
        sets.all().map(|set| (set.oid.to_string(), set.clone())).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOPICS: [Topic; 24] = [
        Topic::Event,
        Topic::Situation,
        Topic::Child,
        Topic::Family,
        Topic::Health,
        Topic::Housing,
        Topic::Economy,
        Topic::Work,
        Topic::Substances,
        Topic::Safety,
        Topic::OldAge,
        Topic::Disability,
        Topic::Strengths,
        Topic::Opinion,
        Topic::Goal,
        Topic::Means,
        Topic::Assessment,
        Topic::Decision,
        Topic::Grounds,
        Topic::Law,
        Topic::Rights,
        Topic::NextSteps,
        Topic::Restriction,
        Topic::FamilyLaw,
    ];

    #[test]
    fn every_phrase_is_filled_to_a_finished_sentence_and_stands_once() {
        let mut draw = Draw::new(1);
        let mut seen = std::collections::BTreeSet::new();
        for phrase in TOPICS.into_iter().flat_map(bank).chain(p::TIMES) {
            let text = fill(phrase, &mut draw);
            assert!(!text.contains(['{', '}']), "{text}");
            assert!(seen.insert(*phrase), "twice: {phrase}");
        }
        for phrase in TOPICS.into_iter().flat_map(bank) {
            assert!(
                phrase.starts_with(|c: char| c == '{' || c.is_uppercase()) && phrase.ends_with('.')
            );
        }
        assert!(seen.len() > 300, "{} phrases", seen.len());
    }

    #[test]
    fn persons_are_artificial_and_follow_from_the_seed() {
        for seed in 0..500 {
            let made = person(&mut Draw::new(seed));
            assert!(made.code.is_artificial());
            assert_eq!(made, person(&mut Draw::new(seed)));
        }
    }

    #[test]
    fn texts_vary() {
        let mut draw = Draw::new(7);
        let texts: std::collections::BTreeSet<String> =
            (0..200).map(|_| paragraph(Topic::Event, 4, &mut draw)).collect();
        assert!(texts.len() > 190, "{}", texts.len());
    }
}
