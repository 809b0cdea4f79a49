//! What a reviewer of the use log should look at twice. A hint is no verdict: it names its reason and the
//! facts that it turned on, and a person judges.
//!
//! Hints are about people who log in here. A system answers for its own users, whom its lines do not name.
//!
//! Source: LOG-2.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::access::Basis;
use crate::access::log::{Event, KeptLine};
use crate::ids::ClientKey;
use crate::time::{FinnishDay, Instant};

/// One act of a person, as the log tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// The line.
    pub line: i64,
    /// When.
    pub at: Instant,
    /// The person: the actor of the line.
    pub user: Arc<str>,
    /// Whose data, where it is the reviewer's to know.
    pub client: Option<ClientKey>,
    /// The denial, of one that was denied.
    pub denial: Option<Arc<str>>,
    /// The coded reason, of a look without case context.
    pub without_context: Option<Arc<str>>,
}

impl Act {
    /// The act that a line tells of: a look, a search or a try by a person. `client` as the reviewer
    /// may know it.
    #[must_use]
    pub fn of(line: &KeptLine, client: Option<ClientKey>) -> Option<Self> {
        let looks = matches!(
            line.event,
            Event::Open | Event::Search | Event::Disclose | Event::Explain | Event::Invalidate
        );
        let permitted = &*line.outcome == "permitted";
        let denied = &*line.outcome == "denied";
        if !looks || !line.actor.is_person() || !(permitted || denied) {
            return None;
        }
        let stated = permitted && &*line.reason == Basis::StatedReason.code();
        Some(Self {
            line: line.number,
            at: line.at,
            user: line.actor.name.as_str().into(),
            client,
            denial: denied.then(|| Arc::clone(&line.reason)),
            without_context: stated.then(|| line.word("reason").unwrap_or("-").into()),
        })
    }
}

/// Why something strikes the eye.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HintReason {
    /// At an hour at which the person usually does not work.
    OddHours,
    /// Far more clients in a day than usual.
    Volume,
    /// A look without case context, for a stated reason.
    NoCaseContext,
    /// Many denials in a day.
    ManyDenials,
    /// The worker's own documents.
    OwnDocuments,
    /// The documents of one whose guardian the worker is.
    GuardiansLook,
    /// The client has the worker's family and first name.
    Namesake,
    /// The client has the worker's family name.
    SameSurname,
    /// The client is a user of the archive for the same organisation.
    Colleague,
}

impl HintReason {
    /// Every reason.
    pub const ALL: [Self; 9] = [
        Self::OddHours,
        Self::Volume,
        Self::NoCaseContext,
        Self::ManyDenials,
        Self::OwnDocuments,
        Self::GuardiansLook,
        Self::Namesake,
        Self::SameSurname,
        Self::Colleague,
    ];

    /// Its stable name; texts hang on it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::OddHours => "odd-hours",
            Self::Volume => "volume",
            Self::NoCaseContext => "no-case-context",
            Self::ManyDenials => "many-denials",
            Self::OwnDocuments => "own-documents",
            Self::GuardiansLook => "guardians-look",
            Self::Namesake => "namesake",
            Self::SameSurname => "same-surname",
            Self::Colleague => "colleague",
        }
    }
}

/// What a hint turned on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HintFact {
    /// The first hour at which the person acted so.
    Hour,
    /// The hours at which the person usually works, or everybody does, as spans.
    UsualHours,
    /// How many earlier acts that is known from.
    KnownActs,
    /// How many clients in the day.
    Clients,
    /// How many clients the person usually has in a day.
    UsualClients,
    /// How many denials.
    Denials,
    /// Their codes.
    Codes,
    /// How many acts.
    Acts,
    /// How many looks.
    Looks,
    /// The codes of the reasons that were stated.
    Reasons,
}

impl HintFact {
    /// Every fact, for the tables of texts.
    pub const ALL: [Self; 10] = [
        Self::Hour,
        Self::UsualHours,
        Self::KnownActs,
        Self::Clients,
        Self::UsualClients,
        Self::Denials,
        Self::Codes,
        Self::Acts,
        Self::Looks,
        Self::Reasons,
    ];

    /// Its stable name; texts hang on it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::UsualHours => "usual_hours",
            Self::KnownActs => "known_acts",
            Self::Clients => "clients",
            Self::UsualClients => "usual_clients",
            Self::Denials => "denials",
            Self::Codes => "codes",
            Self::Acts => "acts",
            Self::Looks => "looks",
            Self::Reasons => "reasons",
        }
    }
}

/// Something that strikes the eye.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// Why.
    pub reason: HintReason,
    /// Who.
    pub user: Arc<str>,
    /// On which day.
    pub day: FinnishDay,
    /// Whose data, of a hint about one client.
    pub client: Option<ClientKey>,
    /// The lines, in their order.
    pub lines: Vec<i64>,
    /// The facts it turned on, with their values: codes, apart by comma and space, and numbers alone.
    pub facts: Vec<(HintFact, String)>,
}

/// The names of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The given names.
    pub given: String,
    /// The family name.
    pub family: String,
}

impl Name {
    fn same_family(&self, other: &Self) -> bool {
        !self.family.trim().is_empty() && folded(&self.family) == folded(&other.family)
    }

    fn same_first(&self, other: &Self) -> bool {
        let first = |name: &Self| name.given.split_whitespace().next().map(folded);
        first(self).is_some() && first(self) == first(other)
    }
}

fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

/// What the archive itself knows of workers and clients as persons: of workers by the register of users.
#[derive(Debug, Clone, Default)]
pub struct People {
    /// The workers, by actor: name, and the client who each is.
    pub workers: HashMap<Arc<str>, (Name, Option<ClientKey>)>,
    /// The names of clients.
    pub clients: HashMap<ClientKey, Name>,
    /// Workers and the clients whose guardians they are.
    pub guardians: BTreeSet<(Arc<str>, ClientKey)>,
}

impl People {
    /// How a worker is close to a client: the closest tie, and that the client is a colleague.
    fn ties(&self, user: &Arc<str>, client: ClientKey) -> Vec<HintReason> {
        let Some((name, own)) = self.workers.get(user) else { return Vec::new() };
        if *own == Some(client) {
            return vec![HintReason::OwnDocuments];
        }
        let other = self.clients.get(&client);
        let mut ties = Vec::new();
        if self.guardians.contains(&(Arc::clone(user), client)) {
            ties.push(HintReason::GuardiansLook);
        } else if let Some(other) = other.filter(|other| name.same_family(other)) {
            let namesake = name.same_first(other);
            ties.push(if namesake { HintReason::Namesake } else { HintReason::SameSurname });
        }
        if self.workers.values().any(|(_, one)| *one == Some(client)) {
            ties.push(HintReason::Colleague);
        }
        ties
    }
}

/// Acts that tell what is usual for a person; with fewer the same measure is taken for everybody.
pub const ENOUGH_ACTS: usize = 50;
/// Days that tell how much is usual for a person.
pub const ENOUGH_DAYS: usize = 10;
/// Denials of one day that strike the eye.
pub const MANY_DENIALS: usize = 5;
/// Clients of one day that never strike the eye, however few are usual.
const FEW_CLIENTS: usize = 10;
/// Clients of one day that strike the eye when it is not known how many are usual.
const MANY_CLIENTS: usize = 50;
/// The hours in which people work of whom it is not known.
const DAYTIME: std::ops::RangeInclusive<i8> = 6..=20;

/// Everything in a window of acts that strikes the eye, newest first. `before` holds what the same people
/// did in the time before: what is usual for each is told by it.
///
/// Source: LOG-2.
#[must_use]
pub fn hints(window: &[Act], before: &[Act], people: &People) -> Vec<Hint> {
    let mut usual: HashMap<&str, Vec<&Act>> = HashMap::new();
    for act in before {
        usual.entry(&act.user).or_default().push(act);
    }
    let mut days: BTreeMap<(&Arc<str>, FinnishDay), Vec<&Act>> = BTreeMap::new();
    for act in window {
        days.entry((&act.user, FinnishDay::of(act.at))).or_default().push(act);
    }
    let mut all = Vec::new();
    for ((user, day), mut acts) in days {
        acts.sort_by_key(|act| (act.at, act.line));
        let before = usual.get(&**user).map_or(&[][..], Vec::as_slice);
        let found = odd_hours(&acts, before).into_iter().chain(volume(&acts, before));
        let found = found.chain(many_denials(&acts)).chain(no_case_context(&acts));
        let found = found.chain(closeness(user, &acts, people));
        all.extend(found.map(|(reason, client, acts, facts)| {
            let lines = acts.iter().map(|act| act.line).collect();
            Hint { reason, user: Arc::clone(user), day, client, lines, facts }
        }));
    }
    all.sort_by(newest_first);
    all
}

/// The order in which hints are told.
#[must_use]
pub fn newest_first(one: &Hint, other: &Hint) -> Ordering {
    (other.day, &one.user, one.reason, one.client, &one.lines).cmp(&(
        one.day,
        &other.user,
        other.reason,
        other.client,
        &other.lines,
    ))
}

type Found<'a> = (HintReason, Option<ClientKey>, Vec<&'a Act>, Vec<(HintFact, String)>);

/// Acts at hours at which the person usually does nothing. An hour is usual when one act of fifty or more
/// fell into it, or into the hour before or after it; so those who work by night are seen by day.
fn odd_hours<'a>(acts: &[&'a Act], before: &[&Act]) -> Option<Found<'a>> {
    let mut counts = [0usize; 24];
    for act in before {
        counts[hour_of(act)] += 1;
    }
    let known = before.len() >= ENOUGH_ACTS;
    let often = |hour: usize| counts[hour % 24] * 50 >= before.len();
    let usual = |hour: usize| {
        if known {
            often(hour) || often(hour + 1) || often(hour + 23)
        } else {
            i8::try_from(hour).is_ok_and(|hour| DAYTIME.contains(&hour))
        }
    };
    let odd: Vec<&Act> = acts.iter().filter(|act| !usual(hour_of(act))).copied().collect();
    let first = odd.first()?;
    let facts = vec![
        (HintFact::Hour, hour_of(first).to_string()),
        (HintFact::UsualHours, spans((0..24).filter(|hour| usual(*hour)))),
        (HintFact::KnownActs, before.len().to_string()),
    ];
    Some((HintReason::OddHours, None, odd, facts))
}

fn hour_of(act: &Act) -> usize {
    usize::try_from(act.at.finnish_hour()).unwrap_or_default()
}

/// Hours as spans: `7-15, 20`.
fn spans(hours: impl Iterator<Item = usize>) -> String {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for hour in hours {
        match spans.last_mut() {
            Some((_, last)) if *last + 1 == hour => *last = hour,
            _ => spans.push((hour, hour)),
        }
    }
    let told = |(first, last): &(usize, usize)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    spans.iter().map(told).collect::<Vec<_>>().join(", ")
}

/// More than three times as many clients as on the person's median day.
fn volume<'a>(acts: &[&'a Act], before: &[&Act]) -> Option<Found<'a>> {
    let clients = |acts: &[&Act]| acts.iter().filter_map(|act| act.client).collect::<BTreeSet<_>>();
    let mut days: BTreeMap<FinnishDay, Vec<&Act>> = BTreeMap::new();
    for act in before.iter().filter(|act| act.client.is_some()) {
        days.entry(FinnishDay::of(act.at)).or_default().push(act);
    }
    let mut counts: Vec<usize> = days.values().map(|acts| clients(acts).len()).collect();
    counts.sort_unstable();
    let usual = (counts.len() >= ENOUGH_DAYS).then(|| counts[counts.len() / 2]);
    let today = clients(acts).len();
    let far = match usual {
        Some(usual) => today > FEW_CLIENTS && today > 3 * usual,
        None => today > MANY_CLIENTS,
    };
    if !far {
        return None;
    }
    let mut facts = vec![(HintFact::Clients, today.to_string())];
    facts.extend(usual.map(|usual| (HintFact::UsualClients, usual.to_string())));
    let acts = acts.iter().filter(|act| act.client.is_some()).copied().collect();
    Some((HintReason::Volume, None, acts, facts))
}

fn many_denials<'a>(acts: &[&'a Act]) -> Option<Found<'a>> {
    let denied: Vec<&Act> = acts.iter().filter(|act| act.denial.is_some()).copied().collect();
    if denied.len() < MANY_DENIALS {
        return None;
    }
    let codes: BTreeSet<&str> = denied.iter().filter_map(|act| act.denial.as_deref()).collect();
    let facts = vec![
        (HintFact::Denials, denied.len().to_string()),
        (HintFact::Codes, codes.into_iter().collect::<Vec<_>>().join(", ")),
    ];
    Some((HintReason::ManyDenials, None, denied, facts))
}

/// Looks at those who are close to the worker, a hint for each client and tie.
fn closeness<'a>(user: &Arc<str>, acts: &[&'a Act], people: &People) -> Vec<Found<'a>> {
    let mut clients: BTreeMap<ClientKey, Vec<&Act>> = BTreeMap::new();
    for act in acts {
        if let Some(client) = act.client {
            clients.entry(client).or_default().push(act);
        }
    }
    let mut found = Vec::new();
    for (client, acts) in clients {
        for tie in people.ties(user, client) {
            let facts = vec![(HintFact::Acts, acts.len().to_string())];
            found.push((tie, Some(client), acts.clone(), facts));
        }
    }
    found
}

/// Looks without case context, a hint for each client.
fn no_case_context<'a>(acts: &[&'a Act]) -> Vec<Found<'a>> {
    let mut clients: BTreeMap<Option<ClientKey>, Vec<&Act>> = BTreeMap::new();
    for act in acts.iter().filter(|act| act.without_context.is_some()) {
        clients.entry(act.client).or_default().push(act);
    }
    let found = clients.into_iter().map(|(client, acts)| {
        let reasons: BTreeSet<&str> =
            acts.iter().filter_map(|act| act.without_context.as_deref()).collect();
        let reasons = reasons.into_iter().collect::<Vec<_>>().join(", ");
        let facts = vec![(HintFact::Looks, acts.len().to_string()), (HintFact::Reasons, reasons)];
        (HintReason::NoCaseContext, client, acts, facts)
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::parse(&format!("{text}+02:00")).unwrap()
    }

    fn act(line: i64, when: &str, client: i64) -> Act {
        Act {
            line,
            at: at(when),
            user: "person:aino".into(),
            client: Some(ClientKey(client)),
            denial: None,
            without_context: None,
        }
    }

    /// So many acts on each of so many days of January, from an hour on, each at another client.
    fn habit(days: i64, acts: i64, hour: i64) -> Vec<Act> {
        let each = |day: i64| {
            (0..acts).map(move |nth| {
                act(0, &format!("2026-01-{day:02}T{:02}:{:02}:00", (hour + nth % 8) % 24, nth), nth)
            })
        };
        (1..=days).flat_map(each).collect()
    }

    fn check(window: &[Act], before: &[Act], expected: &[(&str, &[i64], &str)]) {
        let found = hints(window, before, &People::default());
        let told: Vec<(&str, Vec<i64>, String)> = found
            .iter()
            .map(|hint| {
                let facts =
                    hint.facts.iter().map(|(fact, value)| format!("{}={value}", fact.code()));
                (hint.reason.code(), hint.lines.clone(), facts.collect::<Vec<_>>().join("; "))
            })
            .collect();
        let expected: Vec<(&str, Vec<i64>, String)> = expected
            .iter()
            .map(|(code, lines, facts)| (*code, lines.to_vec(), (*facts).into()))
            .collect();
        assert_eq!(told, expected);
    }

    /// LOG-2: hours are odd for whom they are: by day for those who work by night.
    #[test]
    fn an_hour_is_odd_by_the_persons_own_habit() {
        let by_day = habit(10, 8, 8);
        let by_night = habit(10, 8, 21);
        let noon = [act(1, "2026-02-02T12:00:00", 1)];
        let night = [act(1, "2026-02-02T02:30:00", 1), act(2, "2026-02-02T03:30:00", 1)];
        check(&noon, &by_day, &[]);
        check(
            &night,
            &by_day,
            &[("odd-hours", &[1, 2], "hour=2; usual_hours=7-16; known_acts=80")],
        );
        check(&night, &by_night, &[]);
        let told = "hour=12; usual_hours=0-5, 20-23; known_acts=80";
        check(&noon, &by_night, &[("odd-hours", &[1], told)]);
        // Of whom little is known: by day.
        check(&noon, &[], &[]);
        let told = "hour=2; usual_hours=6-20; known_acts=1";
        check(&night, &by_night[..1], &[("odd-hours", &[1, 2], told)]);
        check(&[act(1, "2026-02-02T16:59:00", 1)], &by_day, &[]);
        let told = "hour=17; usual_hours=7-16; known_acts=80";
        check(&[act(1, "2026-02-02T17:00:00", 1)], &by_day, &[("odd-hours", &[1], told)]);
    }

    /// LOG-2: many clients are many by the person's own measure.
    #[test]
    fn a_volume_is_far_above_the_persons_own_median_day() {
        let many = |count: i64| -> Vec<Act> {
            (1..=count)
                .map(|nth| act(nth, &format!("2026-02-02T10:{:02}:00", nth % 60), nth))
                .collect()
        };
        let told = |window: &[Act], before: &[Act]| {
            let found = hints(window, before, &People::default());
            found.iter().filter(|hint| hint.reason == HintReason::Volume).count()
        };
        assert_eq!(told(&many(24), &habit(10, 8, 8)), 0);
        assert_eq!(told(&many(25), &habit(10, 8, 8)), 1);
        // However few are usual, ten are no volume.
        assert_eq!(told(&many(10), &habit(10, 1, 8)), 0);
        assert_eq!(told(&many(11), &habit(10, 1, 8)), 1);
        // Nine days tell nothing yet.
        assert_eq!(told(&many(50), &habit(9, 8, 8)), 0);
        assert_eq!(told(&many(51), &habit(9, 8, 8)), 1);
        // The same client again is no other client.
        let same: Vec<Act> =
            many(60).into_iter().map(|one| Act { client: Some(ClientKey(1)), ..one }).collect();
        assert_eq!(told(&same, &[]), 0);
        let found = hints(&many(25), &habit(10, 8, 8), &People::default());
        assert_eq!(
            found[0].facts,
            [(HintFact::Clients, "25".to_owned()), (HintFact::UsualClients, "8".to_owned())]
        );
    }

    /// LOG-2: looks without case context are told for each client, with the reasons that were stated.
    #[test]
    fn looks_without_case_context_are_told_by_client() {
        let stated = |line, when, client, reason: &str| Act {
            without_context: Some(reason.into()),
            ..act(line, when, client)
        };
        let window = [
            stated(1, "2026-02-02T10:00:00", 1, "urgent"),
            stated(2, "2026-02-02T10:05:00", 1, "first-contact"),
            act(3, "2026-02-02T10:06:00", 1),
            stated(4, "2026-02-02T10:07:00", 2, "urgent"),
            stated(5, "2026-02-03T10:00:00", 1, "urgent"),
        ];
        check(
            &window,
            &[],
            &[
                ("no-case-context", &[5], "looks=1; reasons=urgent"),
                ("no-case-context", &[1, 2], "looks=2; reasons=first-contact, urgent"),
                ("no-case-context", &[4], "looks=1; reasons=urgent"),
            ],
        );
    }

    /// LOG-2: five denials in a day strike the eye, four do not, nor five over two days.
    #[test]
    fn many_denials_in_a_day_are_told() {
        let denied = |line: i64, day: &str| Act {
            denial: Some("case-context-missing".into()),
            ..act(line, &format!("{day}T10:0{line}:00"), line)
        };
        let one_day: Vec<Act> = (1..=5).map(|line| denied(line, "2026-02-02")).collect();
        let told = "denials=5; codes=case-context-missing";
        check(&one_day, &[], &[("many-denials", &[1, 2, 3, 4, 5], told)]);
        check(&one_day[..4], &[], &[]);
        let mut two_days = one_day;
        two_days[4] = denied(5, "2026-02-03");
        check(&two_days, &[], &[]);
    }

    /// LOG-2: looks at oneself, at those one looks after, at namesakes, at those of one's name and at colleagues are told.
    #[test]
    fn looks_at_those_who_are_close_are_told() {
        let name = |given: &str, family: &str| Name { given: given.into(), family: family.into() };
        let aino: Arc<str> = "person:aino".into();
        let olli: Arc<str> = "person:olli".into();
        let mut people = People::default();
        people
            .workers
            .insert(Arc::clone(&aino), (name("Aino Maria", "Suvanto"), Some(ClientKey(1))));
        people.workers.insert(olli, (name("Olli", "Lehto"), Some(ClientKey(2))));
        people.guardians.insert((aino, ClientKey(3)));
        for (client, given, family) in [
            (1, "Aino", "Suvanto"),
            (2, "Olli", "Lehto"),
            (3, "Ilmari", "Suvanto"),
            (4, "AINO", "suvanto "),
            (5, "Eeva", "Suvanto"),
            (6, "Aino", "Lehto"),
            (7, "", ""),
        ] {
            people.clients.insert(ClientKey(client), name(given, family));
        }
        let told = |client: i64| {
            let found = hints(&[act(1, "2026-02-02T12:00:00", client)], &[], &people);
            found.iter().map(|hint| hint.reason.code()).collect::<Vec<_>>()
        };
        assert_eq!(told(1), ["own-documents"]);
        assert_eq!(told(2), ["colleague"]);
        assert_eq!(told(3), ["guardians-look"]);
        assert_eq!(told(4), ["namesake"]);
        assert_eq!(told(5), ["same-surname"]);
        assert!(told(6).is_empty() && told(7).is_empty() && told(8).is_empty());
        // Of whom the register of users tells nothing, nothing is told.
        let stranger = Act { user: "person:x".into(), ..act(1, "2026-02-02T12:00:00", 5) };
        assert!(hints(&[stranger], &[], &people).is_empty());
    }

    /// LOG-2: people are told of, systems are not: their lines name no user.
    #[test]
    fn an_act_is_a_look_or_a_try_of_a_person() {
        use crate::access::log::Actor;
        let line = |name: &str, event, outcome: &str, reason: &str, detail: &str| KeptLine {
            number: 4,
            at: at("2026-02-02T10:00:00"),
            event,
            outcome: outcome.into(),
            reason: reason.into(),
            actor: Actor { name: name.into(), organisation: None, detail: None },
            client: Some(ClientKey(1)),
            version: None,
            detail: detail.into(),
        };
        let of = |line: &KeptLine| Act::of(line, line.client);
        let stated =
            line("person:a", Event::Open, "permitted", "stated-reason", "content reason=urgent");
        assert_eq!(of(&stated).unwrap().without_context.as_deref(), Some("urgent"));
        let denied = line("person:a", Event::Open, "denied", "case-context-missing", "content");
        assert_eq!(of(&denied).unwrap().denial.as_deref(), Some("case-context-missing"));
        assert_eq!(of(&line("system:s", Event::Open, "permitted", "own-register", "")), None);
        assert_eq!(of(&line("person:a", Event::Archive, "permitted", "own-register", "")), None);
        assert_eq!(of(&line("person:a", Event::Search, "refused", "bad-cursor", "")), None);
    }
}
