//! How long a document is kept (säilytysaika): the period by law, computed beside the class that was sent with it.
//!
//! Source: ARC-12; national-specs 6.10; Act 703/2023, also of what was made before it.

use super::documents::DocumentGroup;
use crate::codes::ServiceTask;
use crate::time::FinnishDay;

/// The day from which the periods of Act 703/2023 hold, of all documents whenever they were made.
pub const PERIODS_FROM: (i16, i8, i8) = (2024, 1, 1);

/// Whether clients born on a day are the sample that research keeps: their documents are kept for ever, and brought from old
/// systems.
///
/// Source: OLD-8, ARC-12; document 002 and national-specs 6.10.
#[must_use]
pub fn is_sample_day(born: FinnishDay) -> bool {
    matches!(born.day(), 8 | 18 | 28)
}

/// The rule that a period follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RetentionRule {
    /// The earlier rule: everything for ever.
    EarlierLaw,
    /// A client of the sample: for ever.
    Sample,
    /// Relationship documents and the client's basic data.
    BasicData,
    /// Services for families with children.
    Families,
    /// Services for people of working age and for older people, and care of substance abuse.
    Adults,
    /// Disability services.
    Disability,
    /// Child protection.
    ChildProtection,
    /// Family law, of a child.
    FamilyLawOfChild,
    /// Family law, of others.
    FamilyLaw,
    /// Vouchers (tositteet).
    Voucher,
    /// Decisions on client fees, and reports of income.
    Fees,
    /// No service task of the seven is known.
    NoServiceTask,
    /// The National Archives order it to be kept: for ever.
    ArchivesOrder,
}

impl RetentionRule {
    /// Every rule, for the tables of texts.
    pub const ALL: [Self; 13] = [
        Self::EarlierLaw,
        Self::Sample,
        Self::BasicData,
        Self::Families,
        Self::Adults,
        Self::Disability,
        Self::ChildProtection,
        Self::FamilyLawOfChild,
        Self::FamilyLaw,
        Self::Voucher,
        Self::Fees,
        Self::NoServiceTask,
        Self::ArchivesOrder,
    ];

    /// Its stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::EarlierLaw => "earlier-law",
            Self::Sample => "sample",
            Self::BasicData => "basic-data",
            Self::Families => "families",
            Self::Adults => "adults",
            Self::Disability => "disability",
            Self::ChildProtection => "child-protection",
            Self::FamilyLawOfChild => "family-law-of-child",
            Self::FamilyLaw => "family-law",
            Self::Voucher => "voucher",
            Self::Fees => "fees",
            Self::NoServiceTask => "no-service-task",
            Self::ArchivesOrder => "archives-order",
        }
    }

    /// How many years, and from what; `None`: for ever, or nobody knows.
    ///
    /// Source: national-specs 6.10.
    #[must_use]
    pub const fn years(self) -> Option<(i16, CountedFrom)> {
        match self {
            Self::EarlierLaw | Self::Sample | Self::NoServiceTask | Self::ArchivesOrder => None,
            Self::BasicData | Self::ChildProtection => Some((2, CountedFrom::Death)),
            Self::Families => Some((30, CountedFrom::CaseClosed)),
            Self::Adults | Self::FamilyLaw => Some((10, CountedFrom::CaseClosed)),
            Self::Disability => Some((10, CountedFrom::LastCaseClosed)),
            Self::FamilyLawOfChild => Some((120, CountedFrom::Birth)),
            Self::Voucher => Some((3, CountedFrom::Written)),
            Self::Fees => Some((12, CountedFrom::Written)),
        }
    }
}

/// From what a period is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CountedFrom {
    /// The client's death; of several clients the last one's.
    Death,
    /// The birth of the child whose matter it is; of several clients the youngest one's.
    Birth,
    /// The closing of the case.
    CaseClosed,
    /// The closing of the client's last case of the service task in the register, once none is open.
    LastCaseClosed,
    /// The day on which the document was written.
    Written,
}

impl CountedFrom {
    /// Everything that is counted from, for the tables of texts.
    pub const ALL: [Self; 5] =
        [Self::Death, Self::Birth, Self::CaseClosed, Self::LastCaseClosed, Self::Written];

    /// Its stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Death => "death",
            Self::Birth => "birth",
            Self::CaseClosed => "case-closed",
            Self::LastCaseClosed => "last-case-closed",
            Self::Written => "written",
        }
    }
}

/// What a controller says of a type of documents, whose periods do not follow from the service task. The nation's codes
/// of these types are not public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KindOfRecord {
    /// Any other: the service task tells.
    Ordinary,
    /// A voucher (tosite).
    Voucher,
    /// A decision on a client fee, or a report of income.
    Fees,
}

/// Which specific types of documents have periods of their own, as the controller says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KindsOfRecords {
    /// The specific types of vouchers.
    pub vouchers: Vec<String>,
    /// The specific types of decisions on client fees, and of reports of income.
    pub fees: Vec<String>,
    /// The specific types of family law that are never about a child.
    pub of_adults: Vec<String>,
    /// What the National Archives order to be kept for ever.
    pub permanent: Vec<PermanentOrder>,
}

/// What the National Archives order to be kept for ever: each thing that is said narrows it.
///
/// Source: ARC-12; national-specs 6.10, "orders permanent archiving separately".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PermanentOrder {
    /// The service task of 2016, a code.
    pub service_task: Option<String>,
    /// The general document type.
    pub general_type: Option<String>,
    /// The specific document type.
    pub specific_type: Option<String>,
    /// The first year in which it was written.
    pub from_year: Option<i16>,
    /// The last year in which it was written.
    pub to_year: Option<i16>,
}

/// What orders turn on.
#[derive(Debug, Clone, Copy)]
pub struct Orderable<'f> {
    /// The service task, a code.
    pub service_task: Option<&'f str>,
    /// The general document type.
    pub general_type: Option<&'f str>,
    /// The specific document type.
    pub specific_type: Option<&'f str>,
    /// The day on which it was written.
    pub written_on: FinnishDay,
}

impl PermanentOrder {
    /// Whether it is of a document.
    #[must_use]
    pub fn covers(&self, document: &Orderable<'_>) -> bool {
        let same = |ordered: &Option<String>, found: Option<&str>| {
            ordered.is_none() || ordered.as_deref() == found
        };
        let year = document.written_on.year();
        same(&self.service_task, document.service_task)
            && same(&self.general_type, document.general_type)
            && same(&self.specific_type, document.specific_type)
            && self.from_year.is_none_or(|from| from <= year)
            && self.to_year.is_none_or(|to| year <= to)
    }
}

impl KindsOfRecords {
    /// Whether some order turns on the general document type.
    #[must_use]
    pub fn ask_for_general_type(&self) -> bool {
        self.permanent.iter().any(|order| order.general_type.is_some())
    }

    /// Whether a document is ordered to be kept for ever.
    #[must_use]
    pub fn is_permanent(&self, document: &Orderable<'_>) -> bool {
        self.permanent.iter().any(|order| order.covers(document))
    }

    /// Whether a type of family law is said to be never about a child.
    #[must_use]
    pub fn is_of_adults(&self, specific_type: Option<&str>) -> bool {
        self.of_adults.iter().any(|one| Some(one.as_str()) == specific_type)
    }

    /// What is said of a type. Of one that is said to be both the longer period counts.
    #[must_use]
    pub fn of(&self, specific_type: Option<&str>) -> KindOfRecord {
        let is_in = |types: &[String]| types.iter().any(|one| Some(one.as_str()) == specific_type);
        if is_in(&self.fees) {
            KindOfRecord::Fees
        } else if is_in(&self.vouchers) {
            KindOfRecord::Voucher
        } else {
            KindOfRecord::Ordinary
        }
    }
}

/// Whose document it is: of a joint case, each client whom it concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeptClient {
    /// The day of birth.
    pub born_on: Option<FinnishDay>,
    /// The day of death.
    pub died_on: Option<FinnishDay>,
}

/// Where the cases stand that a period hangs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CasesStand {
    /// All are closed, the last on a day.
    Closed(FinnishDay),
    /// One is open, or nobody knows when it was closed.
    Open,
}

/// Whose a matter of family law is, whoever its client is: paternity, maintenance and custody stand under a parent, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FamilyMatter {
    /// Nobody says.
    #[default]
    Unknown,
    /// A child's, by its original service task.
    OfChild,
    /// Never a child's, as the controller says of its type.
    OfAdults,
}

impl FamilyMatter {
    /// What the original service task says, and the controller of the type.
    ///
    /// Source: document 002, "1989:10 Lapsen elatuksen turvaaminen".
    #[must_use]
    pub fn of(original_task: Option<(&str, &str)>, is_of_adults: bool) -> Self {
        match original_task {
            Some(("1989", "10")) => Self::OfChild,
            _ if is_of_adults => Self::OfAdults,
            _ => Self::Unknown,
        }
    }
}

/// What a period turns on.
#[derive(Debug, Clone, Copy)]
pub struct RetentionFacts<'f> {
    /// The document's group.
    pub group: DocumentGroup,
    /// What the controller says of its type.
    pub kind: KindOfRecord,
    /// Its service task.
    pub service_task: Option<ServiceTask>,
    /// The day on which it was written.
    pub written_on: FinnishDay,
    /// Whose it is.
    pub clients: &'f [KeptClient],
    /// Whether the National Archives order it to be kept.
    pub ordered: bool,
    /// Whose matter it is, in family law, as far as anything but the clients' ages tells.
    pub matter: FamilyMatter,
    /// Its own case; `None` of a document without one.
    pub case: Option<CasesStand>,
    /// The day on which that was opened, where it is known.
    pub case_opened: Option<FinnishDay>,
    /// All cases of the clients with that service task in the register.
    pub cases_of_task: CasesStand,
}

/// How long a document is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// For ever.
    ForEver,
    /// The event from which the period is counted has not come, or is not known.
    NotYetCounted(CountedFrom),
    /// From the day of the event to the last day, which counts.
    Until {
        /// What happened.
        from: CountedFrom,
        /// When.
        since: FinnishDay,
        /// The last day of keeping.
        last: FinnishDay,
    },
}

/// A period, and the rule that it follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// The rule.
    pub rule: RetentionRule,
    /// The period.
    pub period: Period,
}

impl Retention {
    /// How long a document is kept, by the rules of a day and what is known on it.
    ///
    /// What is not known never ends a period: a client whose death nobody told of lives, one whose day of birth is not
    /// known may be of the sample, and a case of which the day of closing is not known counts as open.
    ///
    /// Source: ARC-12; national-specs 6.10.
    #[must_use]
    pub fn on(day: FinnishDay, facts: &RetentionFacts<'_>) -> Self {
        let rule = rule_on(day, facts);
        let period = match rule.years() {
            None => Period::ForEver,
            Some((years, from)) => match event(from, facts) {
                Some(since) => Period::Until { from, since, last: since.plus_years(years) },
                None => Period::NotYetCounted(from),
            },
        };
        Self { rule, period }
    }

    /// Whether the period is over on a day.
    #[must_use]
    pub fn is_over_on(&self, day: FinnishDay) -> bool {
        matches!(self.period, Period::Until { last, .. } if last < day)
    }
}

fn rule_on(day: FinnishDay, facts: &RetentionFacts<'_>) -> RetentionRule {
    if facts.ordered {
        return RetentionRule::ArchivesOrder;
    }
    let (year, month, first) = PERIODS_FROM;
    if FinnishDay::new(year, month, first).is_none_or(|first| day < first) {
        return match facts.kind {
            KindOfRecord::Voucher => RetentionRule::Voucher,
            KindOfRecord::Ordinary | KindOfRecord::Fees => RetentionRule::EarlierLaw,
        };
    }
    let of_sample = |client: &KeptClient| client.born_on.is_none_or(is_sample_day);
    if facts.clients.iter().any(of_sample) {
        return RetentionRule::Sample;
    }
    match facts.kind {
        KindOfRecord::Voucher => return RetentionRule::Voucher,
        KindOfRecord::Fees => return RetentionRule::Fees,
        KindOfRecord::Ordinary => {}
    }
    match facts.group {
        DocumentGroup::Relationship | DocumentGroup::Permission | DocumentGroup::Refusal => {
            RetentionRule::BasicData
        }
        DocumentGroup::Case
        | DocumentGroup::PhaseOne
        | DocumentGroup::Old
        | DocumentGroup::LaterPhase => match facts.service_task {
            None => RetentionRule::NoServiceTask,
            Some(ServiceTask::Families) => RetentionRule::Families,
            Some(
                ServiceTask::WorkingAge | ServiceTask::OlderPeople | ServiceTask::SubstanceAbuse,
            ) => RetentionRule::Adults,
            Some(ServiceTask::Disability) => RetentionRule::Disability,
            Some(ServiceTask::ChildProtection) => RetentionRule::ChildProtection,
            Some(ServiceTask::FamilyLaw) => {
                // What nobody says to be adults' alone may be a child's.
                if facts.matter == FamilyMatter::OfAdults && !has_child(facts) {
                    RetentionRule::FamilyLaw
                } else {
                    RetentionRule::FamilyLawOfChild
                }
            }
        },
    }
}

/// Whether a client was a child at any time in the case: one who was when it was opened, whenever the document was written.
fn has_child(facts: &RetentionFacts<'_>) -> bool {
    let since = facts.case_opened.map_or(facts.written_on, |day| day.min(facts.written_on));
    let was_child =
        |client: &KeptClient| client.born_on.is_none_or(|born| born.years_until(since) < 18);
    facts.clients.iter().any(was_child)
}

/// When that came from which a period is counted; of several clients, for the last of them.
fn event(from: CountedFrom, facts: &RetentionFacts<'_>) -> Option<FinnishDay> {
    let last_of = |day: fn(&KeptClient) -> Option<FinnishDay>| {
        let days: Option<Vec<FinnishDay>> = facts.clients.iter().map(day).collect();
        days?.into_iter().max()
    };
    let closed = |stand: CasesStand| match stand {
        CasesStand::Closed(on) => Some(on),
        CasesStand::Open => None,
    };
    match from {
        CountedFrom::Death => last_of(|client| client.died_on),
        // Of a child who is no client nobody knows the birth.
        CountedFrom::Birth if !has_child(facts) => None,
        CountedFrom::Birth => last_of(|client| client.born_on),
        CountedFrom::CaseClosed => facts.case.and_then(closed),
        CountedFrom::LastCaseClosed => closed(facts.cases_of_task),
        CountedFrom::Written => Some(facts.written_on),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> FinnishDay {
        FinnishDay::parse(text).unwrap()
    }

    fn client(born: &str, died: &str) -> KeptClient {
        KeptClient { born_on: FinnishDay::parse(born), died_on: FinnishDay::parse(died) }
    }

    /// Somebody born on a day that is none of the sample's.
    const BORN: &str = "1980-03-09";
    const TODAY: &str = "2026-11-26";

    fn facts(task: ServiceTask, clients: &[KeptClient]) -> RetentionFacts<'_> {
        RetentionFacts {
            group: DocumentGroup::LaterPhase,
            kind: KindOfRecord::Ordinary,
            service_task: Some(task),
            written_on: day("2010-05-06"),
            clients,
            ordered: false,
            matter: FamilyMatter::Unknown,
            case_opened: Some(day("2010-02-01")),
            case: Some(CasesStand::Closed(day("2012-02-29"))),
            cases_of_task: CasesStand::Closed(day("2015-06-30")),
        }
    }

    /// The rule, and the last day of keeping; `ever` or from what it waits where there is none.
    fn told(facts: &RetentionFacts<'_>, on: &str) -> (&'static str, String) {
        let told = Retention::on(day(on), facts);
        let until = match told.period {
            Period::ForEver => "ever".to_owned(),
            Period::NotYetCounted(from) => format!("waits for {}", from.code()),
            Period::Until { last, .. } => last.to_string(),
        };
        (told.rule.code(), until)
    }

    fn check(facts: &RetentionFacts<'_>, rule: &str, until: &str) {
        assert_eq!(told(facts, TODAY), (told(facts, TODAY).0, until.to_owned()));
        assert_eq!(told(facts, TODAY).0, rule);
    }

    /// ARC-12: each service task has its period, counted from its event.
    #[test]
    fn each_service_task_has_its_period() {
        let living = [client(BORN, "")];
        let dead = [client(BORN, "2020-01-01")];
        for (task, rule, alive, died) in [
            (ServiceTask::Families, "families", "2042-02-28", "2042-02-28"),
            (ServiceTask::WorkingAge, "adults", "2022-02-28", "2022-02-28"),
            (ServiceTask::OlderPeople, "adults", "2022-02-28", "2022-02-28"),
            (ServiceTask::SubstanceAbuse, "adults", "2022-02-28", "2022-02-28"),
            (ServiceTask::Disability, "disability", "2025-06-30", "2025-06-30"),
            (ServiceTask::ChildProtection, "child-protection", "waits for death", "2022-01-01"),
            (ServiceTask::FamilyLaw, "family-law", "2022-02-28", "2022-02-28"),
        ] {
            let of =
                |clients| RetentionFacts { matter: FamilyMatter::OfAdults, ..facts(task, clients) };
            check(&of(&living), rule, alive);
            check(&of(&dead), rule, died);
        }
        let unknown = RetentionFacts { service_task: None, ..facts(ServiceTask::Families, &dead) };
        check(&unknown, "no-service-task", "ever");
    }

    /// ARC-12: relationship documents, permissions and refusals are basic data; a case document follows its case.
    #[test]
    fn basic_data_are_kept_until_two_years_after_death() {
        let dead = [client(BORN, "2020-02-29")];
        for group in
            [DocumentGroup::Relationship, DocumentGroup::Permission, DocumentGroup::Refusal]
        {
            let of_group = |clients| RetentionFacts {
                group,
                case: None,
                ..facts(ServiceTask::Families, clients)
            };
            check(&of_group(&dead), "basic-data", "2022-02-28");
            check(&of_group(&[client(BORN, "")]), "basic-data", "waits for death");
        }
        let case =
            RetentionFacts { group: DocumentGroup::Case, ..facts(ServiceTask::Families, &dead) };
        check(&case, "families", "2042-02-28");
    }

    /// ARC-12: an open case, and one of which the day of closing is not known, ends nothing; disability services wait for
    /// the last one.
    #[test]
    fn an_open_case_ends_nothing() {
        let living = [client(BORN, "")];
        let open = CasesStand::Open;
        let of = |task| RetentionFacts { case: Some(open), ..facts(task, &living) };
        check(&of(ServiceTask::Families), "families", "waits for case-closed");
        check(&of(ServiceTask::Disability), "disability", "2025-06-30");
        let last =
            RetentionFacts { cases_of_task: open, ..facts(ServiceTask::Disability, &living) };
        check(&last, "disability", "waits for last-case-closed");
        let without = RetentionFacts { case: None, ..facts(ServiceTask::WorkingAge, &living) };
        check(&without, "adults", "waits for case-closed");
    }

    /// ARC-12: clients born on the 8th, 18th and 28th are the sample, and so may be one whose day of birth nobody knows.
    #[test]
    fn the_sample_is_kept_for_ever() {
        for number in 1..=28 {
            let born = [client(&format!("1980-03-{number:02}"), "2000-01-01")];
            let expected =
                if [8, 18, 28].contains(&number) { "sample" } else { "child-protection" };
            let (rule, _) = told(&facts(ServiceTask::ChildProtection, &born), TODAY);
            assert_eq!(rule, expected, "{number}");
        }
        check(&facts(ServiceTask::WorkingAge, &[client("", "2000-01-01")]), "sample", "ever");
        let both = [client(BORN, "2000-01-01"), client("2010-04-18", "")];
        check(&facts(ServiceTask::WorkingAge, &both), "sample", "ever");
    }

    /// ARC-12: what concerns several clients is kept for the last of them.
    #[test]
    fn several_clients_are_kept_for_the_last() {
        let both = |died: &str| [client(BORN, "2000-01-01"), client("2010-04-05", died)];
        check(
            &facts(ServiceTask::ChildProtection, &both("")),
            "child-protection",
            "waits for death",
        );
        let dead = both("2020-05-05");
        check(&facts(ServiceTask::ChildProtection, &dead), "child-protection", "2022-05-05");
        check(&facts(ServiceTask::FamilyLaw, &both("")), "family-law-of-child", "2130-04-05");
    }

    /// ARC-12: in family law the case decides whose matter it is: one in which a client was a child when it was opened is
    /// the child's to its last document, one that nobody says to be adults' may be of a child who is no client.
    #[test]
    fn a_childs_family_law_is_kept_for_120_years() {
        use FamilyMatter::{OfAdults, OfChild, Unknown};
        let never = ("family-law-of-child", "waits for birth".to_owned());
        let child = ("family-law-of-child", "2120-05-06".to_owned());
        let adults = ("family-law", "2022-02-28".to_owned());
        for (born, (opened, written), matter, told_so) in [
            ("2000-05-06", (Some("2012-03-01"), "2018-05-20"), Unknown, &child),
            ("2000-05-06", (Some("2018-05-05"), "2018-05-20"), OfAdults, &child),
            ("2000-05-06", (Some("2018-05-06"), "2018-05-20"), OfAdults, &adults),
            // A case document is written when old data are archived.
            ("2000-05-06", (Some("2012-03-01"), "2026-11-20"), Unknown, &child),
            ("2000-05-06", (None, "2018-05-05"), Unknown, &child),
            ("2000-05-06", (None, "2018-05-06"), OfAdults, &adults),
            // A parent's record: the child is not named.
            ("1960-05-06", (Some("1996-01-01"), "1996-02-02"), OfChild, &never),
            ("1960-05-06", (Some("1996-01-01"), "1996-02-02"), Unknown, &never),
            ("1960-05-06", (Some("1996-01-01"), "1996-02-02"), OfAdults, &adults),
        ] {
            let clients = [client(born, "")];
            let of = RetentionFacts {
                written_on: day(written),
                case_opened: opened.map(day),
                matter,
                ..facts(ServiceTask::FamilyLaw, &clients)
            };
            assert_eq!(told(&of, TODAY), *told_so, "{born} {opened:?} {written} {matter:?}");
        }
    }

    /// ARC-12: whose matter it is, the original service task tells before the type does.
    #[test]
    fn maintenance_of_a_child_is_the_childs() {
        for (original, of_adults, matter) in [
            (Some(("1989", "10")), false, FamilyMatter::OfChild),
            (Some(("1989", "10")), true, FamilyMatter::OfChild),
            (Some(("2011", "10")), false, FamilyMatter::Unknown),
            (Some(("2011", "12")), true, FamilyMatter::OfAdults),
            (None, true, FamilyMatter::OfAdults),
            (None, false, FamilyMatter::Unknown),
        ] {
            assert_eq!(FamilyMatter::of(original, of_adults), matter, "{original:?}");
        }
    }

    /// ARC-12: what the National Archives order is kept for ever, before and after 2024, vouchers too.
    #[test]
    fn what_is_ordered_is_kept_for_ever() {
        let living = [client(BORN, "")];
        let ordered = RetentionFacts { ordered: true, ..facts(ServiceTask::WorkingAge, &living) };
        let voucher = RetentionFacts { kind: KindOfRecord::Voucher, ..ordered };
        for on in ["2023-12-31", TODAY] {
            for facts in [&ordered, &voucher] {
                assert_eq!(told(facts, on), ("archives-order", "ever".to_owned()));
            }
        }
    }

    /// ARC-12: an order is of all that it does not rule out; both its years count.
    #[test]
    fn an_order_covers_what_it_names() {
        let text = |one: &str| Some(one.to_owned());
        let any = PermanentOrder::default();
        let task = PermanentOrder { service_task: text("25"), ..any.clone() };
        let decisions = PermanentOrder { general_type: text("11"), ..task.clone() };
        let specific = PermanentOrder { specific_type: text("11005"), ..any.clone() };
        let years = PermanentOrder { from_year: Some(1990), to_year: Some(1996), ..any.clone() };
        let of = |service_task, general_type, specific_type, written: &str| Orderable {
            service_task,
            general_type,
            specific_type,
            written_on: day(written),
        };
        let decision = of(Some("25"), Some("11"), Some("11005"), "1996-12-31");
        let note = of(Some("25"), Some("19"), None, "1990-01-01");
        let other = of(None, None, None, "1997-01-01");
        for (order, covered) in [
            (&any, [true, true, true]),
            (&task, [true, true, false]),
            (&decisions, [true, false, false]),
            (&specific, [true, false, false]),
            (&years, [true, true, false]),
        ] {
            let found = [&decision, &note, &other].map(|document| order.covers(document));
            assert_eq!(found, covered, "{order:?}");
        }
        let kinds =
            KindsOfRecords { permanent: vec![decisions, years], ..KindsOfRecords::default() };
        assert!(kinds.is_permanent(&note) && !kinds.is_permanent(&other));
        assert!(kinds.ask_for_general_type());
    }

    /// ARC-12: vouchers three years and fees twelve from their day, whatever the service task.
    #[test]
    fn vouchers_and_fees_have_their_own_periods() {
        let living = [client(BORN, "")];
        let of = |kind| RetentionFacts { kind, ..facts(ServiceTask::ChildProtection, &living) };
        check(&of(KindOfRecord::Voucher), "voucher", "2013-05-06");
        check(&of(KindOfRecord::Fees), "fees", "2022-05-06");
        let sample = [client("1980-03-08", "")];
        for kind in [KindOfRecord::Fees, KindOfRecord::Voucher] {
            check(&RetentionFacts { clients: &sample, ..of(kind) }, "sample", "ever");
        }
    }

    /// ARC-12: which types are vouchers and which are about fees the controller says.
    #[test]
    fn the_controller_says_which_types_are_vouchers() {
        let types = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
        let kinds = KindsOfRecords {
            vouchers: types(&["a", "c"]),
            fees: types(&["b", "c"]),
            of_adults: types(&["d"]),
            ..KindsOfRecords::default()
        };
        assert_eq!(kinds.of(Some("a")), KindOfRecord::Voucher);
        assert_eq!(kinds.of(Some("b")), KindOfRecord::Fees);
        assert_eq!(kinds.of(Some("c")), KindOfRecord::Fees);
        assert_eq!(kinds.of(Some("d")), KindOfRecord::Ordinary);
        assert_eq!(kinds.of(None), KindOfRecord::Ordinary);
        assert!(kinds.is_of_adults(Some("d")) && !kinds.is_of_adults(None));
    }

    /// ARC-12, D9: until the end of 2023 everything but vouchers was kept for ever; since then the periods hold for all that
    /// was made before, too.
    #[test]
    fn the_earlier_law_kept_everything_but_vouchers() {
        let living = [client(BORN, "")];
        let facts = facts(ServiceTask::WorkingAge, &living);
        assert_eq!(told(&facts, "2023-12-31"), ("earlier-law", "ever".to_owned()));
        assert_eq!(told(&facts, "2024-01-01"), ("adults", "2022-02-28".to_owned()));
        let voucher = RetentionFacts { kind: KindOfRecord::Voucher, ..facts };
        assert_eq!(told(&voucher, "2023-12-31"), ("voucher", "2013-05-06".to_owned()));
    }

    /// ARC-12: the last day of keeping counts.
    #[test]
    fn a_period_is_over_on_the_day_after_its_last() {
        let living = [client(BORN, "")];
        let kept = Retention::on(day(TODAY), &facts(ServiceTask::Disability, &living));
        assert!(!kept.is_over_on(day("2025-06-30")) && kept.is_over_on(day("2025-07-01")));
        let waits = Retention::on(day(TODAY), &facts(ServiceTask::ChildProtection, &living));
        assert!(!waits.is_over_on(day("2999-01-01")));
    }
}
