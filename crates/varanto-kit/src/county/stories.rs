//! Life stories: which documents a client gets, in which order and when.
//!
//! A story is a list of steps with their days. It is planned whole, a client at a time, and each
//! step becomes a document only when it is asked for.

use varanto_domain::codes::ServiceTask;
use varanto_domain::time::FinnishDay;

use super::dice::Dice;
use super::people::{Person, is_childs};

/// A client's story.
pub(super) struct Story {
    pub(super) steps: Vec<Step>,
    /// The first day of the client relationship.
    pub(super) first_day: FinnishDay,
    /// Its last day, when it has ended.
    pub(super) last_day: Option<FinnishDay>,
    /// The second service task and the day it began.
    pub(super) second: Option<(ServiceTask, FinnishDay)>,
    /// A producer's first and last day.
    pub(super) producer: Option<(FinnishDay, FinnishDay)>,
    /// Whether all of it is old data under an old relationship.
    pub(super) old: bool,
    /// The first and the last day of the old case.
    pub(super) old_case: (FinnishDay, FinnishDay),
}

/// One thing that happens.
#[derive(Clone, Copy)]
pub(super) struct Step {
    pub(super) day: FinnishDay,
    pub(super) what: What,
}

/// Which case a step belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum CaseOf {
    First,
    Second,
    Old,
}

/// What happens at a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum What {
    /// The relationship document, or its next version.
    Relationship,
    /// The case document, or its next version.
    Case(CaseOf),
    /// The client gives the disclosure permission (luovutuslupa).
    Permission,
    /// The client forbids the disclosure of the first service task's documents (kielto).
    Refusal,
    /// A structured document of a specific type.
    Document(CaseOf, &'static str),
    /// The next version of the plan of this type.
    Plan(CaseOf, &'static str),
    /// A case note of a specific type.
    Note(CaseOf, &'static str),
    /// A case note that the producer writes.
    ProducerNote(&'static str),
    /// An attachment of the newest document that may have one.
    Attachment,
    /// The newest note is invalidated.
    Invalidate,
    /// A document made before joining, written on this day.
    Old(FinnishDay),
}

/// The documents that carry a story forward, in their order: a specific type, and whether it is a
/// plan that gets new versions.
fn script(task: ServiceTask) -> &'static [(&'static str, bool)] {
    match task {
        ServiceTask::ChildProtection => &[
            ("4009", false),
            ("1006", false),
            ("19001", false),
            ("1005", false),
            ("5004", false),
            ("11002", false),
            ("15009", true),
            ("15026", true),
            ("15009", true),
            ("5005", false),
            ("11002", false),
            ("15009", true),
        ],
        ServiceTask::Families => &[
            ("4006", false),
            ("1009", false),
            ("3006", false),
            ("1005", false),
            ("11001", false),
            ("15007", true),
            ("15008", true),
            ("15007", true),
            ("11001", false),
        ],
        ServiceTask::OlderPeople => &[
            ("3005", false),
            ("1000", false),
            ("11000", false),
            ("15003", true),
            ("15004", true),
            ("11000", false),
            ("15003", true),
            ("15004", true),
        ],
        ServiceTask::Disability => &[
            ("3013", false),
            ("1013", false),
            ("5004", false),
            ("11053", false),
            ("15023", true),
            ("15024", true),
            ("11053", false),
            ("15023", true),
        ],
        ServiceTask::SubstanceAbuse => &[
            ("3002", false),
            ("1008", false),
            ("11003", false),
            ("15015", true),
            ("15016", true),
            ("15015", true),
        ],
        ServiceTask::WorkingAge => &[
            ("4006", false),
            ("3011", false),
            ("1012", false),
            ("3012", false),
            ("11052", false),
            ("15020", true),
            ("3012", false),
            ("15021", true),
            ("15020", true),
        ],
        ServiceTask::FamilyLaw => {
            &[("4006", false), ("1019", false), ("5005", false), ("5004", false), ("5005", false)]
        }
    }
}

/// Types of case notes and how often of a hundred each is written.
const NOTES: &[(&str, usize)] = &[
    ("19005", 46),
    ("19007", 18),
    ("19003", 10),
    ("19004", 8),
    ("19013", 7),
    ("19009", 4),
    ("19006", 4),
    ("19010", 2),
    ("19015", 1),
];

fn note(task: ServiceTask, dice: &mut Dice) -> &'static str {
    let everyday = matches!(task, ServiceTask::OlderPeople | ServiceTask::Disability);
    if everyday && dice.percent(25) {
        return "19007";
    }
    if matches!(task, ServiceTask::SubstanceAbuse | ServiceTask::Families) && dice.percent(6) {
        return "19014";
    }
    let mut throw = dice.below(100);
    for (kind, share) in NOTES {
        if throw < *share {
            return kind;
        }
        throw -= share;
    }
    "19005"
}

/// What a story is planned from.
pub(super) struct Frame<'a> {
    pub(super) client: &'a Person,
    pub(super) task: ServiceTask,
    /// How many documents, invalidations not counted.
    pub(super) documents: usize,
    /// The day on which the county joined the archive.
    pub(super) joining: FinnishDay,
    /// The last day of all.
    pub(super) until: FinnishDay,
}

/// Plans a client's story.
pub(super) fn plan(frame: &Frame<'_>, dice: &mut Dice) -> Story {
    let earlier = old_time(frame, dice);
    if let Some(old_case) = earlier
        && frame.documents >= 3
        && !frame.client.temporary
        && dice.percent(7)
    {
        return old_story(frame, old_case, dice);
    }
    current_story(frame, earlier.filter(|_| frame.documents >= 8 && dice.percent(22)), dice)
}

/// The first and last day of an old case; `None` for a client too young to have one.
fn old_time(frame: &Frame<'_>, dice: &mut Dice) -> Option<(FinnishDay, FinnishDay)> {
    let long_ago = if dice.percent(30) { 4200 } else { 1500 };
    let first = frame.joining.plus_days(-dice.between(400, long_ago));
    let last = first.plus_days(dice.between(200, 900)).min(frame.joining.plus_days(-20));
    (frame.client.born.plus_days(200) < first).then_some((first, last))
}

/// All of it before joining: an old relationship, a closed case and what hangs on it.
fn old_story(frame: &Frame<'_>, old_case: (FinnishDay, FinnishDay), dice: &mut Dice) -> Story {
    let day = archived_between(frame.joining, frame.until, 900, dice);
    let mut steps =
        vec![Step { day, what: What::Relationship }, Step { day, what: What::Case(CaseOf::Old) }];
    steps.extend(old_documents(frame.documents - 2, day, old_case, dice));
    Story {
        steps,
        first_day: old_case.0,
        last_day: Some(old_case.1),
        second: None,
        producer: None,
        old: true,
        old_case,
    }
}

fn old_documents(
    count: usize,
    day: FinnishDay,
    case: (FinnishDay, FinnishDay),
    dice: &mut Dice,
) -> Vec<Step> {
    let mut written: Vec<FinnishDay> =
        (0..count).map(|_| archived_between(case.0, case.1, 100_000, dice)).collect();
    written.sort_unstable();
    written.into_iter().map(|written| Step { day, what: What::Old(written) }).collect()
}

/// A day between two, both possible, at most `most` days after the first.
fn archived_between(first: FinnishDay, last: FinnishDay, most: i32, dice: &mut Dice) -> FinnishDay {
    let span = (last.number() - first.number()).clamp(0, most);
    first.plus_days(dice.between(0, span))
}

fn current_story(
    frame: &Frame<'_>,
    earlier: Option<(FinnishDay, FinnishDay)>,
    dice: &mut Dice,
) -> Story {
    let (first_day, last_day) = span(frame, dice);
    let end = last_day.unwrap_or(frame.until);
    let days = end.number() - first_day.number();
    let part = |percent: i32| first_day.plus_days(days * percent / 100);

    let mut room = frame.documents;
    let mut take = |count: usize| {
        let taken = count.min(room);
        room -= taken;
        taken
    };
    let opening = take(2);
    let mut closing = if last_day.is_some() { take(2) } else { 0 };
    let second_task = Some(other_task(frame.task)).filter(|_| room >= 12 && dice.percent(16));
    // A relationship ends when all its cases are closed.
    if second_task.is_some() && closing > 0 {
        room -= 1;
        closing += 1;
    }
    let second = second_task.map(|task| (task, part(dice.between(30, 60))));
    let producer = producer_days(frame, first_day, end, dice).filter(|_| room >= 8);
    // Most producers of active clients go on beyond the end of all.
    let goes_on = last_day.is_none() && dice.percent(70);
    let producer = producer
        .map(|(begins, ends)| (begins, if goes_on { frame.until.plus_days(1) } else { ends }));
    let old = earlier.map_or(0, |_| room * 25 / 100);
    room -= old;

    let mut steps = Vec::with_capacity(frame.documents + 4);
    let begin = Step { day: first_day, what: What::Relationship };
    steps.extend(
        [begin, Step { day: first_day, what: What::Case(CaseOf::First) }].into_iter().take(opening),
    );
    let old_case = earlier.unwrap_or((first_day, first_day));
    if old > 0 {
        steps.push(Step { day: first_day, what: What::Case(CaseOf::Old) });
        steps.extend(old_documents(old - 1, first_day, old_case, dice));
    }
    let mut middle = changes(second, producer, end, &mut room);
    if !is_childs(frame.task) && !frame.client.temporary {
        for (what, share) in [(What::Permission, 18), (What::Refusal, 12)] {
            if room >= 4 && dice.percent(share) {
                middle.push(Step { day: part(dice.between(1, 40)), what });
                room -= 1;
            }
        }
    }
    let carrying = script(frame.task).len().min(room * 36 / 100);
    middle.extend(carry(frame.task, CaseOf::First, carrying, &part, dice));
    room -= carrying;
    middle.extend(notes(frame, room, second, producer, (first_day, end), dice));
    middle.sort_by_key(|step| step.day);
    steps.extend(middle);
    if closing > 0 {
        let closing_day = last_day.unwrap_or(end);
        let close = |case| Step { day: closing_day, what: What::Case(case) };
        steps.extend(second.map(|_| close(CaseOf::Second)));
        let end = Step { day: closing_day, what: What::Relationship };
        steps.extend([close(CaseOf::First), end].into_iter().take(closing));
    }
    let mut story = Story { steps, first_day, last_day, second, producer, old: false, old_case };
    story.sprinkle_invalidations(dice);
    story
}

/// The first day of the relationship, and its last when it ends before the end of all.
fn span(frame: &Frame<'_>, dice: &mut Dice) -> (FinnishDay, Option<FinnishDay>) {
    let whole = frame.until.number() - frame.joining.number();
    let wanted = i32::try_from(frame.documents).unwrap_or(10_000).saturating_mul(22);
    let length = wanted.clamp(60, (whole - 30).max(60));
    let latest = (whole - length).max(0);
    let first_day = frame.joining.plus_days(dice.between(0, latest));
    let end = first_day.plus_days(length).min(frame.until);
    let ended = frame.documents >= 7 && end < frame.until.plus_days(-20) && dice.percent(65);
    (first_day, ended.then_some(end))
}

fn other_task(task: ServiceTask) -> ServiceTask {
    match task {
        ServiceTask::ChildProtection => ServiceTask::Families,
        ServiceTask::Families => ServiceTask::FamilyLaw,
        ServiceTask::WorkingAge => ServiceTask::SubstanceAbuse,
        ServiceTask::OlderPeople => ServiceTask::Disability,
        _ => ServiceTask::WorkingAge,
    }
}

fn producer_days(
    frame: &Frame<'_>,
    first_day: FinnishDay,
    end: FinnishDay,
    dice: &mut Dice,
) -> Option<(FinnishDay, FinnishDay)> {
    let share = match frame.task {
        ServiceTask::OlderPeople => 40,
        ServiceTask::SubstanceAbuse => 45,
        ServiceTask::Disability => 25,
        ServiceTask::Families => 15,
        _ => 0,
    };
    let days = end.number() - first_day.number();
    let begins = first_day.plus_days(days * dice.between(15, 35) / 100);
    let ends = first_day.plus_days(days * dice.between(60, 90) / 100);
    dice.percent(share).then_some((begins, ends))
}

/// The changes of the relationship while it runs: a second service task, a producer's days.
fn changes(
    second: Option<(ServiceTask, FinnishDay)>,
    producer: Option<(FinnishDay, FinnishDay)>,
    end: FinnishDay,
    room: &mut usize,
) -> Vec<Step> {
    let mut steps = Vec::new();
    if let Some((_, day)) = second {
        steps.push(Step { day, what: What::Relationship });
        steps.push(Step { day, what: What::Case(CaseOf::Second) });
    }
    if let Some((begins, ends)) = producer {
        steps.push(Step { day: begins, what: What::Relationship });
        if ends < end {
            steps.push(Step { day: ends.plus_days(1).min(end), what: What::Relationship });
        }
    }
    *room -= steps.len();
    steps
}

/// The documents that carry the story, spread over its time: most of them early.
fn carry(
    task: ServiceTask,
    case: CaseOf,
    count: usize,
    part: &impl Fn(i32) -> FinnishDay,
    dice: &mut Dice,
) -> Vec<Step> {
    let script = &script(task)[..count];
    let mut at = 0;
    script
        .iter()
        .map(|(kind, is_plan)| {
            at = (at + dice.between(1, 12)).min(97);
            let what = if *is_plan { What::Plan(case, kind) } else { What::Document(case, kind) };
            Step { day: part(at), what }
        })
        .collect()
}

fn notes(
    frame: &Frame<'_>,
    count: usize,
    second: Option<(ServiceTask, FinnishDay)>,
    producer: Option<(FinnishDay, FinnishDay)>,
    (first_day, end): (FinnishDay, FinnishDay),
    dice: &mut Dice,
) -> Vec<Step> {
    let one = |dice: &mut Dice| {
        let day = archived_between(first_day.plus_days(1), end, 100_000, dice).min(end);
        let day = if dice.percent(90) { working_day(day).min(end) } else { day };
        if dice.percent(3) {
            return Step { day, what: What::Attachment };
        }
        let in_producer = producer.is_some_and(|(begins, ends)| begins <= day && day <= ends);
        if in_producer && dice.percent(55) {
            let kind = if dice.percent(70) { "19007" } else { "19005" };
            return Step { day, what: What::ProducerNote(kind) };
        }
        if let Some((task, _)) = second.filter(|(_, begins)| *begins < day)
            && dice.percent(40)
        {
            return Step { day, what: What::Note(CaseOf::Second, note(task, dice)) };
        }
        Step { day, what: What::Note(CaseOf::First, note(frame.task, dice)) }
    };
    (0..count).map(|_| one(dice)).collect()
}

/// The day, or the Monday after it.
fn working_day(day: FinnishDay) -> FinnishDay {
    // The first of January 1970 was a Thursday.
    match (day.number() + 3).rem_euclid(7) {
        5 => day.plus_days(2),
        6 => day.plus_days(1),
        _ => day,
    }
}

impl Story {
    /// Now and then a note was made by mistake.
    fn sprinkle_invalidations(&mut self, dice: &mut Dice) {
        let mut at = 0;
        while at < self.steps.len() {
            let step = self.steps[at];
            if matches!(step.what, What::Note(..)) && dice.below(1000) < 8 {
                at += 1;
                self.steps.insert(at, Step { day: step.day, what: What::Invalidate });
            }
            at += 1;
        }
    }
}
