//! What a source system knows: clients, their documents, and the faults among them.

use std::collections::VecDeque;

use serde_json::Value;
use varanto_domain::archive::documents::{DocumentGroup, Part, service_tasks_of_2016_begin};
use varanto_domain::codes::ServiceTask;
use varanto_domain::time::FinnishDay;

use super::SourceSystem;
use crate::county::dice::Dice;
use crate::county::{County, Event, Person};

/// Clients beyond this number have no documents in the county's archive: they were clients before it joined.
const FORMER: u32 = 500_000;
/// Second codes are of clients who have no documents anywhere: one of each stretch of so many is looked at for a client.
const OTHERS: u32 = 25_000;
/// Of clients with a larger number the second codes are of those from this number on: so many are looked at for each.
const FURTHER_OTHERS: u32 = OTHERS * (FORMER / OTHERS - 1);
const LOOKED_AT: u32 = FORMER / OTHERS - 1;

/// What of a row a fault is of: a row has one of each at most.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    File,
    Client,
    Day,
    Identifier,
    Type,
    Line,
}

/// Of a hundred rows with a fault, so many have a second; and of those, a third.
const FURTHER: usize = 25;

/// A fault to be planted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Plant {
    MissingFile,
    EmptyFile,
    BrokenFile,
    /// The file is of a kind that the archive does not take as it is, and that nobody chose to convert.
    OtherKind,
    /// A scan that breaks off, or a letter.
    BrokenScan,
    /// A page with a picture that stands elsewhere, or a letter with something that nobody sees or that changes by the day.
    OutsidePicture,
    NoCode,
    WrongCode,
    ImpossibleDay,
    /// The identifier of the row before.
    SameSource,
    /// The file of the row before.
    SameFile,
    /// Client, day and content of the row before.
    SameContent,
    UnknownType,
    TooLate,
    NoOriginalTask,
    /// A value with letters that the encoding does not have.
    Undecodable,
    /// A value more than there are columns.
    Surplus,
    /// The name of a file that several folders have.
    Ambiguous,
}

impl Plant {
    /// The code of the fault that a workbench finds.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::MissingFile => "missing-file",
            Self::EmptyFile => "empty-file",
            Self::BrokenFile => "not-pdf",
            Self::OtherKind => "file-wants-conversion",
            Self::BrokenScan => "not-converted",
            Self::OutsidePicture => "conversion-loses",
            Self::NoCode => "missing-element",
            Self::WrongCode => "wrong-form",
            Self::ImpossibleDay => "unreadable-day",
            Self::SameSource => "same-source-identifier",
            Self::SameFile => "file-of-another-row",
            Self::SameContent => "same-content",
            Self::UnknownType => "unmapped-value",
            Self::TooLate => "not-old-data",
            Self::NoOriginalTask => "missing-conditional-element",
            Self::Undecodable => "undecodable",
            Self::Surplus => "surplus-values",
            Self::Ambiguous => "ambiguous-file",
        }
    }

    /// What of the row it is a fault of.
    const fn side(self) -> Side {
        match self {
            Self::MissingFile
            | Self::EmptyFile
            | Self::BrokenFile
            | Self::OtherKind
            | Self::BrokenScan
            | Self::OutsidePicture
            | Self::SameFile
            | Self::SameContent
            | Self::Ambiguous => Side::File,
            Self::NoCode | Self::WrongCode => Side::Client,
            Self::ImpossibleDay | Self::TooLate | Self::NoOriginalTask => Side::Day,
            Self::SameSource => Side::Identifier,
            Self::UnknownType => Side::Type,
            Self::Undecodable | Self::Surplus => Side::Line,
        }
    }

    /// Whether a row can have both: equal content is of the same client and day.
    fn goes_with(self, other: Self) -> bool {
        let needs = |one, two: Self| {
            one == Self::SameContent && matches!(two.side(), Side::Client | Side::Day)
        };
        self.side() != other.side() && !needs(self, other) && !needs(other, self)
    }

    /// Whether the row before has the fault too.
    pub(super) const fn is_of_two(self) -> bool {
        matches!(self, Self::SameSource | Self::SameFile | Self::SameContent)
    }

    /// What each system's index can have.
    const fn of(system: SourceSystem) -> &'static [Self] {
        match system {
            SourceSystem::Aamu => &[
                Self::MissingFile,
                Self::EmptyFile,
                Self::BrokenFile,
                Self::OtherKind,
                Self::BrokenScan,
                Self::NoCode,
                Self::ImpossibleDay,
                Self::SameSource,
                Self::SameFile,
                Self::SameContent,
                Self::UnknownType,
                Self::TooLate,
                Self::NoOriginalTask,
                Self::Surplus,
            ],
            SourceSystem::Kaisla => &[
                Self::MissingFile,
                Self::EmptyFile,
                Self::OutsidePicture,
                Self::WrongCode,
                Self::ImpossibleDay,
                Self::SameSource,
                Self::SameFile,
                Self::UnknownType,
                Self::TooLate,
                Self::Undecodable,
            ],
            SourceSystem::Portti => &[
                Self::MissingFile,
                Self::EmptyFile,
                Self::OtherKind,
                Self::BrokenScan,
                Self::OutsidePicture,
                Self::NoCode,
                Self::WrongCode,
                Self::SameSource,
                Self::SameContent,
                Self::UnknownType,
                Self::TooLate,
                Self::Ambiguous,
            ],
        }
    }
}

/// How a client stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Standing {
    Ended,
    Deceased,
    /// A client today, with this relationship in the archive.
    Active(String),
}

/// A client of the source system.
#[derive(Clone)]
pub(super) struct Client {
    pub(super) number: u32,
    pub(super) person: Person,
    pub(super) standing: Standing,
    /// The identity code that some of the rows have instead, where the client is under two.
    pub(super) other_code: Option<String>,
}

/// A document of the source system.
#[derive(Clone)]
pub(super) struct Paper {
    /// The how-manieth document of the delivery, from 0.
    pub(super) number: u32,
    pub(super) client: Client,
    /// Its number among the client's.
    pub(super) of_client: u32,
    pub(super) written: FinnishDay,
    pub(super) task: ServiceTask,
    /// The place of its type in [`TYPES`].
    pub(super) kind: usize,
    /// The number of the document that it is an attachment of.
    pub(super) main: Option<u32>,
    /// Whether that one has a fault.
    pub(super) main_is_faulty: bool,
    pub(super) plants: Vec<Plant>,
    /// Whether the next row will share something with this one, which is a fault of both.
    pub(super) shared_with_next: Option<Plant>,
    pub(super) dice: Dice,
}

impl Paper {
    /// Whether the fault is planted in the row.
    pub(super) fn has(&self, plant: Plant) -> bool {
        self.plants.contains(&plant)
    }

    /// The codes of the faults that a workbench must find in the row.
    pub(super) fn codes(&self) -> Vec<&'static str> {
        let planted = self.plants.iter().copied().chain(self.shared_with_next).map(Plant::code);
        let two_codes = self.client.other_code.is_some().then_some("client-of-two-codes");
        let mut codes: Vec<&str> = planted.chain(two_codes).collect();
        // An attachment that has a fault of its own is told of that alone.
        if codes.is_empty() && self.main_is_faulty {
            codes.push("main-document-not-brought");
        }
        codes
    }

    /// Which code of the client stands in the row.
    pub(super) fn code(&self) -> String {
        match &self.client.other_code {
            Some(other) if self.of_client % 2 == 1 => other.clone(),
            _ => self.client.person.code.reveal().to_owned(),
        }
    }
}

/// The types of documents, as the systems name them, with the general type of 2016.
pub(super) const TYPES: [(&str, &str); 6] = [
    ("Päätös", "11"),
    ("Suunnitelma", "15"),
    ("Asiakaskertomus", "19"),
    ("Hakemus", "3"),
    ("Lausunto", "7"),
    ("Yhteenveto", "16"),
];

/// The documents of a source system, in the order of its index.
pub(super) struct Stories<'a> {
    pub(super) system: SourceSystem,
    pub(super) county: &'a County,
    seed: u64,
    documents: u32,
    /// Of a thousand documents, so many have a fault planted.
    pub(super) faulty: u32,
    made: u32,
    clients: u32,
    /// How many clients with larger numbers were looked at for a second code.
    looked_at: u32,
    waiting: VecDeque<Paper>,
}

impl<'a> Stories<'a> {
    pub(super) fn new(
        system: SourceSystem,
        county: &'a County,
        seed: u64,
        (documents, faulty): (u32, u32),
    ) -> Self {
        let seed = seed ^ (system as u64 + 1).wrapping_mul(0x5851_f42d_4c95_7f2d);
        let waiting = VecDeque::new();
        Self { system, county, seed, documents, faulty, made: 0, clients: 0, looked_at: 0, waiting }
    }

    fn client(&mut self, number: u32, dice: &mut Dice) -> Client {
        let active = (number % 5 == 4).then(|| self.active(number)).flatten();
        let (person, standing) = active.unwrap_or_else(|| {
            let former = FORMER + number * 3 + self.system as u32;
            let standing = if number % 10 == 3 { Standing::Deceased } else { Standing::Ended };
            (self.county.client(former), standing)
        });
        let two = self.system == SourceSystem::Portti && self.faulty > 0;
        let under_two = two && dice.below(1000) < 6;
        let other_code = under_two.then_some(()).and_then(|()| {
            // Of somebody older, so that no document is older than the client of its code.
            let others = self.others(number).into_iter().map(|other| self.county.client(other));
            let older = others.into_iter().find(|other| other.born <= person.born);
            older.map(|other| other.code.reveal().to_owned())
        });
        Client { number, person, standing, other_code }
    }

    /// Those of whom one may be a client's second code: nobody's twice, and nobody's who has documents.
    fn others(&mut self, number: u32) -> Vec<u32> {
        let others: Vec<u32> = if number < OTHERS {
            (1..FORMER / OTHERS).map(|step| step * OTHERS - 1 - number).collect()
        } else {
            let from = FURTHER_OTHERS + self.looked_at;
            self.looked_at += LOOKED_AT;
            (from..from + LOOKED_AT).collect()
        };
        let (known, most) = (self.county.size().clients, FORMER);
        others.into_iter().filter(|other| (known..most).contains(other)).collect()
    }

    /// A client of the county's archive of today, whose relationship goes on.
    fn active(&self, number: u32) -> Option<(Person, Standing)> {
        let known = self.county.size().clients;
        let at = number / 5 * 3 + self.system as u32;
        if at >= known {
            return None;
        }
        let person = self.county.client(at);
        if person.temporary {
            return None;
        }
        let mut relationship = None;
        for event in self.county.events_of(at..at + 1) {
            let Event::Archive(made) = event else { continue };
            if made.group != DocumentGroup::Relationship {
                continue;
            }
            let content = made.parts.iter().find(|(part, _)| *part == Part::Structured)?;
            let content: Value = serde_json::from_slice(&content.1).ok()?;
            let heading = &content["asiakkuusasiakirja"]["sosiaalihuollon_asiakkuus"];
            let metadata: Value = serde_json::from_slice(made.metadata_json.as_bytes()).ok()?;
            let goes_on = heading["asiakkuuden_paattymispvm"].is_null()
                && heading["vanha_asiakkuus"].is_null();
            relationship = goes_on.then(|| metadata["relationship_id"].as_str().map(str::to_owned));
        }
        let relationship = relationship.flatten()?;
        Some((person, Standing::Active(relationship)))
    }

    /// The faults of a row: mostly none, sometimes several.
    fn plants(&self, dice: &mut Dice, has_place: impl Fn(Plant) -> bool) -> Vec<Plant> {
        let mut plants: Vec<Plant> = Vec::new();
        let mut another = dice.below(1000) < self.faulty as usize;
        while another && plants.len() < 3 {
            let plant = *dice.pick(Plant::of(self.system));
            let goes = |other: &Plant| plant.goes_with(*other);
            let shares = plant.is_of_two() && plants.iter().any(|other| other.is_of_two());
            if has_place(plant) && plants.iter().all(goes) && !shares {
                plants.push(plant);
            }
            another = dice.percent(FURTHER);
        }
        plants
    }

    /// The documents of the next client.
    fn next_client(&mut self) {
        let number = self.clients;
        self.clients += 1;
        let mut dice = Dice::at(self.seed, u64::from(number));
        let client = self.client(number, &mut dice);
        let count = u32::try_from(2 + dice.below(14)).unwrap_or(2).min(self.documents - self.made);
        let born = client.person.born;
        let task = *dice.pick(&[
            ServiceTask::WorkingAge,
            ServiceTask::FamilyLaw,
            ServiceTask::OlderPeople,
            ServiceTask::Families,
        ]);
        let first = FinnishDay::new(1992, 1, 1).unwrap_or(born);
        let mut written = first.max(born.plus_days(30)).plus_days(dice.between(0, 7000));
        let last = FinnishDay::new(2023, 12, 31).unwrap_or(written);
        let mut before: Option<Paper> = None;
        let mut main: Option<(u32, bool)> = None;
        for of_client in 0..count {
            written = written.plus_days(dice.between(1, 90)).min(last);
            let is_attachment = main.is_some() && dice.percent(15);
            let alone = before.as_ref().is_none_or(|before| {
                !before.plants.is_empty()
                    || before.main.is_some()
                    || before.shared_with_next.is_some()
            });
            let has_place = |plant: Plant| match plant {
                plant if plant.is_of_two() => !alone && !is_attachment,
                Plant::NoOriginalTask => written < service_tasks_of_2016_begin(),
                _ => true,
            };
            // One client under two codes is fault enough.
            let plants = match client.other_code {
                Some(_) => Vec::new(),
                None => self.plants(&mut dice, has_place),
            };
            let shared = plants.iter().copied().find(|plant| plant.is_of_two());
            let mut paper = Paper {
                number: self.made,
                client: client.clone(),
                of_client,
                written,
                task,
                kind: dice.below(TYPES.len()),
                main: main.filter(|_| is_attachment).map(|(number, _)| number),
                main_is_faulty: is_attachment && main.is_some_and(|(_, faulty)| faulty),
                plants,
                shared_with_next: None,
                dice: Dice::at(self.seed ^ 0xabcd, u64::from(self.made)),
            };
            if paper.has(Plant::SameContent)
                && let Some(before) = &before
            {
                paper.written = before.written;
                paper.kind = before.kind;
                written = before.written;
            }
            if paper.has(Plant::TooLate) {
                paper.written = super::systems::joined().plus_days(dice.between(0, 200));
            }
            self.made += 1;
            if let Some(mut earlier) = before.take() {
                earlier.shared_with_next = shared;
                if earlier.shared_with_next.is_some()
                    && main.is_some_and(|(one, _)| one == earlier.number)
                {
                    main = None;
                }
                self.waiting.push_back(earlier);
            }
            if !is_attachment {
                let faulty = !paper.plants.is_empty() || client.other_code.is_some();
                main = Some((paper.number, faulty));
            }
            before = Some(paper);
        }
        self.waiting.extend(before);
    }
}

impl Iterator for Stories<'_> {
    type Item = Paper;

    fn next(&mut self) -> Option<Paper> {
        while self.waiting.is_empty() {
            if self.made >= self.documents {
                return None;
            }
            self.next_client();
        }
        self.waiting.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::county::CountySize;

    /// OLD-9: however many clients there are, a second code is nobody else's: not of another's second code, and of nobody who
    /// has documents.
    #[test]
    fn a_second_code_is_of_one_client_alone() {
        let size = CountySize { clients: 12_000, documents: 100_000 };
        let until = FinnishDay::new(2026, 11, 20).unwrap();
        let county = County::new(1, size, until);
        let portti = SourceSystem::Portti;
        let mut stories = Stories::new(portti, &county, 1, (portti.most_documents(), 30));
        let mut taken = BTreeSet::new();
        // Some of every thousand clients are under two codes.
        let clients = portti.most_documents() / 8;
        for number in (0..clients).filter(|number| number % 1000 < 6) {
            let others = stories.others(number);
            assert!(number < 13_000 || number < OTHERS || others.len() == LOOKED_AT as usize);
            for other in others {
                assert!((size.clients..FORMER).contains(&other), "{number}: {other}");
                assert!(taken.insert(other), "{number}: {other} is another's");
            }
        }
        assert!(taken.len() > 4_000);
    }

    /// OLD-9: the clients of the largest delivery have codes of their own.
    #[test]
    fn no_two_clients_of_the_largest_delivery_have_one_code() {
        let county = County::new(
            1,
            CountySize { clients: 60, documents: 600 },
            FinnishDay::new(2026, 11, 20).unwrap(),
        );
        // A client has eight documents and a half.
        let clients = SourceSystem::Aamu.most_documents() / 8;
        let codes = (0..clients).map(|number| county.client(FORMER + number * 3).code);
        assert_eq!(codes.collect::<BTreeSet<_>>().len(), clients as usize);
    }
}
