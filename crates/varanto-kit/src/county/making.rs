//! Makes the documents of one client's story, one after another.

use std::collections::HashMap;

use varanto_domain::archive::documents::{
    DocumentGroup, Form as StorageForm, Part, service_tasks_of_2011_begin,
    service_tasks_of_2016_begin,
};
use varanto_domain::codes::ServiceTask;
use varanto_domain::ids::Oid;
use varanto_domain::structures::Content;
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::content;
use varanto_formats::view::{Heading, ViewLanguage, render, render_plain};

use super::dice::Dice;
use super::forms::{Facts, Form};
use super::metadata::{HeldBack, Metadata, Party};
use super::organisations::{Organisation, TOWNS, Unit, Worker};
use super::people::{self, Person};
use super::register_documents::{self, Case, ProducerUnit, Relationship, TaskInUnit};
use super::stories::{CaseOf, Step, Story, What};
use super::texts::{Scene, Topic, prose};
use super::times::local;
use super::{County, Event, Made};

const HOUR: i64 = 3_600_000;
const MINUTE: i64 = 60_000;

/// The reasons' codes in the archive's own code sets: *Tietojen päivittäminen*, and four of the
/// reasons for invalidating.
const UPDATED: &str = "2";
const MISTAKES: &[&str] = &["1", "2", "3", "4"];

/// The note of a meeting or contact, which always fits.
const PLAIN_NOTE: &str = "19005";

/// A client's documents in the making.
pub(super) struct Teller<'c> {
    county: &'c County,
    client: Person,
    task: ServiceTask,
    story: Story,
    next_step: usize,
    dice: Dice,
    unit: &'c Unit,
    second_unit: &'c Unit,
    producer: &'c Organisation,
    producer_unit: &'c Unit,
    own_worker: &'c Worker,
    born: String,
    temporary_root: String,
    relationship_id: String,
    /// How many identifiers were given so far.
    given: u32,
    /// When the last event was.
    clock: Instant,
    relationship: Option<Version>,
    cases: [CaseState; 3],
    plans: HashMap<&'static str, Version>,
    newest: Option<Newest>,
}

/// The newest version of a document.
#[derive(Clone)]
struct Version {
    id: Oid,
    set_id: Oid,
    number: u32,
}

#[derive(Default)]
struct CaseState {
    id: String,
    opened_on: Option<FinnishDay>,
    document: Option<Version>,
}

/// The newest document that may be invalidated or have an attachment.
struct Newest {
    id: Oid,
    case: CaseOf,
    by_producer: bool,
    general_type: &'static str,
    specific_type: &'static str,
    is_note: bool,
}

/// What is the same in every kind of document.
struct Draft<'a> {
    id: Oid,
    group: DocumentGroup,
    form: StorageForm,
    types: Option<(&'static str, &'static str)>,
    structure: Option<&'a str>,
    case: Option<CaseOf>,
    replaces: Option<Version>,
    by_producer: bool,
    main_document: Option<Oid>,
    written_at: Instant,
    /// When the document is archived; not before it was written.
    at: Instant,
}

impl<'c> Teller<'c> {
    pub(super) fn new(county: &'c County, number: u32) -> Self {
        let client = county.client(number);
        let task = county.round.task(number);
        let mut dice = Dice::at(county.seed, (u64::from(number) << 1) | 1);
        let story = county.story(&client, &mut dice);
        let pick = |units: Vec<&'c Unit>| units[number as usize / 7 % units.len()];
        let own = county.own();
        let units = |organisation: &'c Organisation, task: ServiceTask| {
            organisation.units.iter().filter(move |unit| unit.task == task).collect::<Vec<_>>()
        };
        let unit = pick(units(own, task));
        let second_task = story.second.map_or(task, |(task, _)| task);
        let second_unit = pick(units(own, second_task));
        let producers = &county.organisations[1..3];
        let producer = producers.iter().find(|p| p.units.iter().any(|unit| unit.task == task));
        let producer = producer.unwrap_or(&producers[0]);
        let producer_unit = producer.units.iter().find(|unit| unit.task == task);
        let arcs = number + 1;
        let year = story.first_day.year();
        let id = |nth: u32| format!("{}.95777.{year}.{arcs}.{nth}", own.id);
        let case = |nth: u32| CaseState { id: id(nth), ..CaseState::default() };
        Self {
            born: client.born.to_string(),
            temporary_root: format!("{}.22.{year}", own.id),
            relationship_id: id(1),
            cases: [case(2), case(3), case(4)],
            own_worker: &unit.workers[dice.below(unit.workers.len())],
            producer_unit: producer_unit.unwrap_or(&producer.units[0]),
            clock: story.steps.first().map_or(Instant::from_millis(0), |step| step.day.start()),
            county,
            client,
            task,
            story,
            next_step: 0,
            dice,
            unit,
            second_unit,
            producer,
            given: 0,
            relationship: None,
            plans: HashMap::new(),
            newest: None,
        }
    }

    fn next_event(&mut self) -> Option<Event> {
        loop {
            let step = *self.story.steps.get(self.next_step)?;
            self.next_step += 1;
            if let Some(event) = self.tell(step) {
                return Some(event);
            }
        }
    }

    fn tell(&mut self, step: Step) -> Option<Event> {
        Some(Event::Archive(match step.what {
            What::Relationship => self.relationship_document(step.day),
            What::Case(case) => self.case_document(case, step.day),
            What::Permission => {
                let draft =
                    self.draft(DocumentGroup::Permission, StorageForm::Structured, step.day);
                let form = &self.county.permission_form;
                self.structured(draft, form, |_, facts, _| {
                    register_documents::permission(form.structure, facts)
                })
            }
            What::Refusal => {
                let draft = self.draft(DocumentGroup::Refusal, StorageForm::Structured, step.day);
                let form = &self.county.refusal_form;
                self.structured(draft, form, |_, facts, _| {
                    register_documents::refusal(form.structure, facts)
                })
            }
            What::Document(case, kind) | What::Note(case, kind) => {
                self.client_document(case, kind, step.day, None, false)
            }
            What::ProducerNote(kind) => {
                self.client_document(CaseOf::First, kind, step.day, None, true)
            }
            What::Plan(case, kind) => {
                let earlier = self.plans.get(kind).cloned();
                self.client_document(case, kind, step.day, earlier, false)
            }
            What::Attachment => self.attachment(step.day),
            What::Old(written) => self.old_document(written),
            What::Invalidate => return self.invalidation(),
        }))
    }

    /// A moment of the working day.
    fn moment(&mut self, day: FinnishDay) -> Instant {
        let minutes = i64::from(self.dice.between(9 * 60, 16 * 60));
        Instant::from_millis(day.start().millis() + minutes * MINUTE)
    }

    /// When a document written then is archived: most within the hour, some in days. Never before
    /// what was archived last.
    fn archived_after(&mut self, written: Instant) -> Instant {
        let delay = match self.dice.below(100) {
            0..70 => i64::from(self.dice.between(1, 50)) * MINUTE,
            70..95 => i64::from(self.dice.between(1, 20)) * HOUR,
            _ => i64::from(self.dice.between(20, 60)) * HOUR,
        };
        let least = self.clock.millis() + 1000;
        self.clock = Instant::from_millis((written.millis() + delay).max(least));
        self.clock
    }

    fn identifier(&mut self, organisation: &Oid, day: FinnishDay) -> Oid {
        self.given += 1;
        let (year, client) = (day.year(), self.client.number + 1);
        organisation
            .child(format_args!("95.{year}.{client}.{}", self.given))
            .expect("digits and dots")
    }

    fn task_of(&self, case: CaseOf) -> ServiceTask {
        match (case, self.story.second) {
            (CaseOf::Second, Some((task, _))) => task,
            _ => self.task,
        }
    }

    fn unit_of(&self, draft: &Draft<'_>) -> &'c Unit {
        match draft.case {
            _ if draft.by_producer => self.producer_unit,
            Some(CaseOf::Second) => self.second_unit,
            _ => self.unit,
        }
    }

    fn worker_of(&mut self, draft: &Draft<'_>) -> &'c Worker {
        if !draft.by_producer && draft.case != Some(CaseOf::Second) && self.dice.percent(80) {
            return self.own_worker;
        }
        let unit = self.unit_of(draft);
        &unit.workers[self.dice.below(unit.workers.len())]
    }

    fn draft(&mut self, group: DocumentGroup, form: StorageForm, day: FinnishDay) -> Draft<'c> {
        let written_at = self.moment(day);
        let id = self.identifier(&self.county.own().id, day);
        let at = self.archived_after(written_at);
        Draft {
            id,
            group,
            form,
            types: None,
            structure: None,
            case: None,
            replaces: None,
            by_producer: false,
            main_document: None,
            written_at,
            at,
        }
    }

    fn relationship_document(&mut self, day: FinnishDay) -> Made {
        let mut draft = self.draft(DocumentGroup::Relationship, StorageForm::Structured, day);
        draft.replaces.clone_from(&self.relationship);
        self.relationship = Some(next_version(&draft));
        let county = self.county;
        let form = &county.relationship_form;
        self.structured(draft, form, |teller, facts, _| {
            let says = teller.relationship_now(day);
            register_documents::relationship(&says, facts)
        })
    }

    /// What the relationship document says on a day.
    fn relationship_now(&self, day: FinnishDay) -> Relationship<'_> {
        let story = &self.story;
        let last_day = story.last_day.filter(|last| *last <= day);
        let first_task =
            TaskInUnit { task: self.task, unit: self.unit, first_day: story.first_day, last_day };
        let second = story.second.filter(|(_, begins)| *begins <= day);
        let second = second.map(|(task, first_day)| TaskInUnit {
            task,
            unit: self.second_unit,
            first_day,
            last_day,
        });
        let producer = story.producer.filter(|(begins, _)| *begins <= day);
        let producer = producer.map(|(first_day, ends)| ProducerUnit {
            unit: self.producer_unit,
            service: &self.county.producer_service,
            first_day,
            last_day: Some(ends).filter(|ends| *ends < day).or(last_day),
        });
        Relationship {
            id: &self.relationship_id,
            old: story.old,
            first_day: story.first_day,
            last_day,
            organiser: self.county.own(),
            tasks: std::iter::once(first_task).chain(second).collect(),
            producer,
        }
    }

    fn case_document(&mut self, case: CaseOf, day: FinnishDay) -> Made {
        let mut draft = self.draft(DocumentGroup::Case, StorageForm::Structured, day);
        draft.case = Some(case);
        let (opened_on, closed_on) = match case {
            CaseOf::Old => (self.story.old_case.0, Some(self.story.old_case.1)),
            _ => (day, None),
        };
        let state = &mut self.cases[case as usize];
        draft.replaces.clone_from(&state.document);
        let closed_on = if state.document.is_some() { Some(day) } else { closed_on };
        let opened_on = *state.opened_on.get_or_insert(opened_on);
        state.document = Some(next_version(&draft));
        let county = self.county;
        self.structured_with(draft, &county.case_form, closed_on, |teller, facts, _| {
            let says = Case {
                id: &teller.cases[case as usize].id,
                organiser: county.own(),
                task: teller.task_of(case),
                opened_on,
                closed_on,
                states: &county.case_states,
            };
            register_documents::case(&says, facts)
        })
    }

    /// A client document on the newest structure of its type that was in force on the day; before
    /// the first one, a document of phase I.
    fn client_document(
        &mut self,
        case: CaseOf,
        kind: &'static str,
        day: FinnishDay,
        earlier: Option<Version>,
        by_producer: bool,
    ) -> Made {
        let county = self.county;
        let found = county.forms.iter().find(|form| form.structure.specific_type() == Some(kind));
        let form = found.expect("every type of the stories has a structure inside the program");
        if form.needs_identity_code && self.client.temporary {
            return self.client_document(case, PLAIN_NOTE, day, None, by_producer);
        }
        let structured = form.structure.first_day <= day;
        let group = if structured { DocumentGroup::LaterPhase } else { DocumentGroup::PhaseOne };
        let storage = if structured { StorageForm::Structured } else { StorageForm::Xhtml };
        let mut draft = self.draft(group, storage, day);
        draft.case = Some(case);
        draft.types = Some((form.general_type, kind));
        draft.by_producer = by_producer;
        if structured && form.general_type == "15" {
            draft.replaces = earlier;
            self.plans.insert(kind, next_version(&draft));
        }
        let is_note = form.general_type == "19";
        self.newest = Some(Newest {
            id: draft.id.clone(),
            case,
            by_producer,
            general_type: form.general_type,
            specific_type: kind,
            is_note,
        });
        if !structured {
            return self.phase_one(draft, form);
        }
        self.structured(draft, form, |_, facts, dice| form.fill(facts, dice))
    }

    /// Who wrote a document. A producer here writes in the county's system (rinnakkaisliittyminen), so
    /// the county sends it.
    fn author(&self, by_producer: bool) -> &'c Organisation {
        if by_producer { self.producer } else { self.county.own() }
    }

    fn structured(
        &mut self,
        draft: Draft<'_>,
        form: &'c Form,
        fill: impl for<'a> FnOnce(&'a Self, &'a Facts<'a>, &mut Dice) -> Content<'a>,
    ) -> Made {
        self.structured_with(draft, form, None, fill)
    }

    fn structured_with(
        &mut self,
        mut draft: Draft<'_>,
        form: &'c Form,
        case_closed_on: Option<FinnishDay>,
        fill: impl for<'a> FnOnce(&'a Self, &'a Facts<'a>, &mut Dice) -> Content<'a>,
    ) -> Made {
        draft.structure = Some(form.structure.oid.as_str());
        let worker = self.worker_of(&draft);
        let mut dice = self.dice.clone();
        let day = FinnishDay::of(draft.written_at).to_string();
        let began = local(Instant::from_millis(draft.written_at.millis() - HOUR));
        let ended = local(Instant::from_millis(draft.written_at.millis() - 10 * MINUTE));
        let facts = self.facts(&draft, worker, &day, (&began, &ended));
        let content = fill(self, &facts, &mut dice);
        let heading = self.heading(&draft, &form.structure.document_type);
        let view = render(form.structure, &content, &heading).into_bytes();
        let parts =
            vec![(Part::Structured, content::write(&content).into_bytes()), (Part::View, view)];
        self.dice = dice;
        self.made(draft, worker, case_closed_on, parts)
    }

    fn facts<'a>(
        &'a self,
        draft: &'a Draft<'_>,
        worker: &'a Worker,
        day: &'a str,
        moments: (&'a str, &'a str),
    ) -> Facts<'a> {
        let case = draft.case.unwrap_or(CaseOf::First);
        let unit = self.unit_of(draft);
        Facts {
            client: &self.client,
            temporary_root: &self.temporary_root,
            worker,
            unit,
            task: self.task_of(case),
            scene: self.scene(worker, unit, FinnishDay::of(draft.written_at)),
            child: people::is_childs(self.task),
            age: self.client.born.years_until(FinnishDay::of(draft.written_at)),
            day,
            moments,
            born: &self.born,
            case_id: &self.cases[case as usize].id,
            relationship_id: &self.relationship_id,
            document_id: draft.id.as_str(),
        }
    }

    fn scene<'a>(&'a self, worker: &'a Worker, unit: &'a Unit, day: FinnishDay) -> Scene<'a> {
        Scene {
            worker: &worker.full_name,
            name: &self.client.call_name,
            street: &self.client.street,
            unit: &unit.name,
            town: TOWNS[self.client.town].name,
            day,
            swedish: self.client.swedish,
        }
    }

    fn heading<'a>(&'a self, draft: &'a Draft<'_>, kind: &'a str) -> Heading<'a> {
        Heading {
            document: &draft.id,
            organisation: &self.author(draft.by_producer).name,
            document_type: kind,
            made_on: Some(FinnishDay::of(draft.written_at)),
            language: if self.client.swedish {
                ViewLanguage::Swedish
            } else {
                ViewLanguage::Finnish
            },
        }
    }

    fn phase_one(&mut self, draft: Draft<'_>, form: &'c Form) -> Made {
        let view = self.plain_view(&draft, &form.structure.document_type, &form.structure.title.fi);
        let worker = self.worker_of(&draft);
        self.made(draft, worker, None, vec![(Part::View, view)])
    }

    /// A view of a few paragraphs, for documents that have no structure.
    fn plain_view(&mut self, draft: &Draft<'_>, kind: &str, title: &str) -> Vec<u8> {
        let mut dice = self.dice.clone();
        let case = draft.case.unwrap_or(CaseOf::First);
        let unit = self.unit_of(draft);
        let scene = self.scene(self.own_worker, unit, FinnishDay::of(draft.written_at));
        let minor = people::is_childs(self.task);
        let task = Topic::of_task(self.task_of(case));
        let topics =
            [task, Topic::of("situation").fitting(minor), Topic::of("meeting").fitting(minor)];
        let count = dice.between(1, 4);
        let paragraphs: Vec<String> = (0..count)
            .map(|_| {
                let sentences = 3 + dice.below(7);
                prose(&topics, sentences, &scene, &mut dice)
            })
            .collect();
        let shown: Vec<&str> = paragraphs.iter().map(String::as_str).collect();
        let view = render_plain(title, &shown, &self.heading(draft, kind)).into_bytes();
        self.dice = dice;
        view
    }

    /// A paper that came with the newest document, as PDF.
    fn attachment(&mut self, day: FinnishDay) -> Made {
        let main = self.newest.as_ref().filter(|newest| !newest.by_producer);
        let Some(main) = main else {
            return self.client_document(CaseOf::First, PLAIN_NOTE, day, None, false);
        };
        let (id, case) = (main.id.clone(), main.case);
        let types = (main.general_type, main.specific_type);
        let mut draft = self.draft(DocumentGroup::LaterPhase, StorageForm::Pdf, day);
        draft.case = Some(case);
        draft.types = Some(types);
        draft.main_document = Some(id);
        let pdf = self.county.papers.one(&mut self.dice).to_vec();
        let worker = self.worker_of(&draft);
        self.made(draft, worker, None, vec![(Part::Pdf, pdf)])
    }

    /// A document made before joining: PDF or XHTML alone, with the narrowest metadata.
    fn old_document(&mut self, written: FinnishDay) -> Made {
        const KINDS: &[(&str, &str)] = &[
            ("19", "Asiakaskertomus"),
            ("19", "Asiakaskertomus"),
            ("11", "Päätös"),
            ("15", "Suunnitelma"),
            ("7", "Lausunto"),
            ("16", "Yhteenveto"),
        ];
        let (general, title) = *self.dice.pick(KINDS);
        let pdf = self.dice.percent(55);
        let form = if pdf { StorageForm::Pdf } else { StorageForm::Xhtml };
        let day = FinnishDay::of(self.clock);
        let mut draft = self.draft(DocumentGroup::Old, form, day);
        draft.written_at = self.moment(written);
        draft.case = Some(CaseOf::Old);
        draft.types = Some((general, ""));
        let part = if pdf {
            (Part::Pdf, self.county.papers.one(&mut self.dice).to_vec())
        } else {
            (Part::View, self.plain_view(&draft, title, title))
        };
        let worker = self.worker_of(&draft);
        self.made(draft, worker, None, vec![part])
    }

    fn invalidation(&mut self) -> Option<Event> {
        let newest = self.newest.take().filter(|newest| newest.is_note)?;
        let written = self.clock;
        Some(Event::Invalidate {
            at: self.archived_after(written),
            sender: self.county.own().id.clone(),
            document: newest.id,
            reason: self.dice.pick::<&str>(MISTAKES),
        })
    }

    fn made(
        &mut self,
        draft: Draft<'_>,
        worker: &'c Worker,
        case_closed_on: Option<FinnishDay>,
        parts: Vec<(Part, Vec<u8>)>,
    ) -> Made {
        let own = self.county.own();
        let version = next_version(&draft);
        let old = draft.group == DocumentGroup::Old;
        let of_will = matches!(draft.group, DocumentGroup::Permission | DocumentGroup::Refusal);
        let unit = self.unit_of(&draft);
        let written = FinnishDay::of(draft.written_at);
        let case = draft.case.map(|case| &self.cases[case as usize]);
        let is_case = draft.group == DocumentGroup::Case;
        let former = &self.county.organisations[3];
        let metadata = Metadata {
            document_id: draft.id.as_str(),
            set_id: version.set_id.as_str(),
            version: version.number,
            replaces: draft.replaces.as_ref().map(|earlier| (earlier.id.as_str(), UPDATED)),
            group: draft.group,
            form: draft.form,
            general_type: draft.types.map(|(general, _)| general),
            specific_type: draft.types.map(|(_, specific)| specific).filter(|s| !s.is_empty()),
            structure: draft.structure,
            written_at: draft.written_at,
            created_at: draft.written_at,
            swedish: self.client.swedish,
            client: &self.client,
            born: &self.born,
            temporary_root: &self.temporary_root,
            worker: (!old).then_some(worker),
            controller: Party { id: own.id.as_str(), name: &own.name },
            organiser: Party { id: own.id.as_str(), name: &own.name },
            service_unit: (!old).then(|| Party { id: unit.id.as_str(), name: &unit.name }),
            operating_unit: old
                .then(|| Party { id: former.operating_unit.as_str(), name: &former.name }),
            producer: draft
                .by_producer
                .then(|| Party { id: self.producer.id.as_str(), name: &self.producer.name }),
            minor: self.client.born.years_until(written) < 18,
            case_id: case.map(|case| case.id.as_str()),
            case_opened_on: case.filter(|_| is_case).and_then(|case| case.opened_on),
            case_closed_on,
            relationship_id: (!of_will).then_some(&*self.relationship_id),
            service_task: draft.case.map(|case| self.task_of(case)),
            original_service_task: original_task(draft.group, self.task, written),
            held_back: held_back(draft.group, written, &mut self.dice),
            main_document: draft.main_document.as_ref().map(Oid::as_str),
        };
        let metadata_json = metadata.json();
        Made {
            at: draft.at,
            sender: own.id.clone(),
            document_id: draft.id,
            group: draft.group,
            form: draft.form,
            metadata_json,
            parts,
        }
    }
}

impl Iterator for Teller<'_> {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        self.next_event()
    }
}

/// The version that a draft becomes.
fn next_version(draft: &Draft<'_>) -> Version {
    let id = draft.id.clone();
    match &draft.replaces {
        Some(earlier) => Version { id, set_id: earlier.set_id.clone(), number: earlier.number + 1 },
        None => Version { set_id: id.clone(), id, number: 1 },
    }
}

/// The service task of 1989 or 2011 of an old document, where it needs one (OLD-4).
fn original_task(
    group: DocumentGroup,
    task: ServiceTask,
    written: FinnishDay,
) -> Option<(&'static str, &'static str)> {
    let begins = service_tasks_of_2016_begin();
    let of_1989 = written < service_tasks_of_2011_begin();
    (group == DocumentGroup::Old && written < begins).then_some(match task {
        ServiceTask::FamilyLaw => ("1989", "10"),
        ServiceTask::OlderPeople | ServiceTask::Families | ServiceTask::WorkingAge => {
            if of_1989 {
                ("1989", "13")
            } else {
                ("2011", "17")
            }
        }
        // The rest of the lists is not public: a code that nothing is known of.
        _ if of_1989 => ("1989", "99"),
        _ => ("2011", "99"),
    })
}

fn held_back(group: DocumentGroup, written: FinnishDay, dice: &mut Dice) -> HeldBack {
    if group != DocumentGroup::LaterPhase {
        return HeldBack::No;
    }
    match dice.below(100) {
        0..2 => HeldBack::ForGood,
        2..4 => HeldBack::Until(written.plus_days(dice.between(14, 60))),
        _ => HeldBack::No,
    }
}
