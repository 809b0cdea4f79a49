//! The fields of each act, with what may be chosen in them.

use varanto_app::relationship::ChoiceSeen;
use varanto_domain::codes::{ServiceTask, sets};
use varanto_domain::ids::Oid;
use varanto_domain::relationship::{ChoiceState, RegisterUseRight, Road};
use varanto_domain::time::FinnishDay;

use super::{Act, Known, PLACES};
use crate::desk::ShownChoice;
use crate::doors::Doors;
use crate::login::gate::Visit;
use crate::names::Names;
use crate::pages::{Shell, Words};

/// From how many choices on a list is narrowed by a search; at most so many are offered.
pub(in crate::desk) const MANY: usize = 60;

/// How a field is filled in.
pub(super) enum Kind {
    Text,
    Day,
    Choice(Vec<(String, String)>),
}

/// A field of a form.
pub(super) struct Field {
    pub(super) name: &'static str,
    /// The key of its label.
    pub(super) label: String,
    /// The key of its hint.
    pub(super) hint: Option<&'static str>,
    pub(super) kind: Kind,
    pub(super) must: bool,
    pub(super) value: String,
    pub(super) fault: Option<String>,
}

impl Field {
    fn new(name: &'static str, kind: Kind, must: bool, known: &Known) -> Self {
        let value = known.asked.text(name).to_owned();
        Self { name, label: format!("act.{name}"), hint: None, kind, must, value, fault: None }
    }

    fn hint(mut self, key: &'static str) -> Self {
        self.hint = Some(key);
        self
    }

    /// What is proposed where nothing was said.
    fn or(mut self, proposed: impl Into<String>, known: &Known) -> Self {
        if self.value.is_empty() && !known.asked.0.contains_key("do") {
            self.value = proposed.into();
        }
        self
    }

    /// Whether a fault of an operation is about it.
    pub(super) fn answers(&self, element: &str) -> bool {
        let ends = |row: &str| element.ends_with(row);
        element == self.name
            || match self.name {
                "producer" => element == "unit" || ends("tuottaja") || ends("palveluyksikko"),
                "service_task" => ends("palvelutehtava"),
                "last_day" => ends("paattymispvm"),
                "first_day" => ends("alkamispvm"),
                "opened_on" => ends("avauspaiva") || element == "case_opened",
                "closed_on" => ends("sulkemispaiva") || element == "case_closed",
                "case_name" => element == "name" || ends("asian_tiedot/nimi"),
                "name_detail" => ends("lisatieto_luokkaan_muu"),
                _ => false,
            }
    }

    /// What describes it on the page: hint and fault, by their identifiers.
    pub(super) fn described(&self) -> Option<String> {
        let hint = self.hint.map(|_| format!("{}-hint", self.name));
        let fault = self.fault.as_ref().map(|_| format!("{}-fault", self.name));
        let told: Vec<String> = hint.into_iter().chain(fault).collect();
        (!told.is_empty()).then(|| told.join(" "))
    }

    /// The value as people read it.
    pub(super) fn shown(&self, shell: &Shell) -> String {
        match &self.kind {
            Kind::Text => self.value.clone(),
            Kind::Day => read_day(&self.value)
                .map_or_else(|| self.value.clone(), |day| shell.words.day(&day)),
            Kind::Choice(values) => {
                let known = values.iter().find(|(code, _)| *code == self.value);
                known.map_or_else(|| self.value.clone(), |(_, name)| name.clone())
            }
        }
    }
}

/// A day as people write it, `23.3.2026`, or as browsers and machines do.
pub(in crate::desk) fn read_day(text: &str) -> Option<FinnishDay> {
    if let Some(day) = FinnishDay::parse(text).filter(|day| day.year() >= 1000) {
        return Some(day);
    }
    let mut parts = text.split('.');
    let mut number = || parts.next()?.trim().parse::<u16>().ok();
    let (day, month, year) = (number()?, number()?, number()?);
    if year < 1000 {
        // Two digits of a year would be a day of long ago.
        return None;
    }
    FinnishDay::parse(&format!("{year:04}-{month:02}-{day:02}")).filter(|_| parts.next().is_none())
}

/// A form as it is made.
pub(super) struct Made {
    pub(super) fields: Vec<Field>,
    pub(super) kept: Vec<(String, String)>,
    /// What the form is about, in words.
    pub(super) lead: String,
    pub(super) search: Option<String>,
    pub(super) empty: Option<String>,
    /// What stands above the form.
    pub(super) beside: Vec<String>,
    /// What the client chose, in words.
    pub(super) chosen: Vec<String>,
}

/// The form of an act.
pub(super) fn made(doors: &Doors, visit: &Visit, known: &Known) -> Made {
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let words = Words(visit.language);
    let offer = Offer { names, known, visit, words };
    let places = PLACES
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), known.asked.given(name)?.to_owned())));
    let mut made = Made {
        fields: offer.fields(),
        kept: places.collect(),
        lead: offer.lead(),
        search: None,
        empty: None,
        beside: Vec::new(),
        chosen: if known.act == Act::HandOver { offer.told_choices() } else { Vec::new() },
    };
    for (name, _) in
        IDENTIFIERS.iter().filter(|(_, acts)| acts.is_empty() || acts.contains(&known.act))
    {
        let id = known.asked.oid(name).unwrap_or_else(|| doors.app.identifier_for(&visit.caller));
        made.kept.push(((*name).to_owned(), id.to_string()));
    }
    if let Some(state) = &known.relationship {
        // What was seen is what is acted on: of a version that came between the page tells.
        let seen = known.asked.oid("based_on").or_else(|| match (known.act, state.road) {
            (Act::CloseCase | Act::SayClosing | Act::ReopenCase, _) => {
                known.case()?.document.clone()
            }
            (Act::OpenCase, _) | (_, Road::Long) => None,
            (_, Road::Short) => state.document.clone(),
        });
        made.kept.extend(seen.map(|seen| ("based_on".to_owned(), seen.to_string())));
    }
    if known.act == Act::HandOver {
        if offer.producers("").len() > MANY {
            made.search = Some(known.asked.text("q").to_owned());
        }
        if offer.producers(known.asked.text("q")).is_empty() {
            made.empty = Some(words.of("act.no_producers"));
        }
    }
    made
}

/// The identifiers that what is written will have; they stay the same from the form to the act, so that an act that is
/// sent twice is done once.
const IDENTIFIERS: [(&str, &[Act]); 5] = [
    ("document", &[]),
    ("new_case", &[Act::OpenCase]),
    ("new_relationship", &[Act::OpenCase]),
    ("document_of_relationship", &[Act::OpenCase]),
    ("document_of_service", &[Act::OpenCase]),
];

/// What may be chosen.
struct Offer<'a> {
    names: Names<'a>,
    known: &'a Known,
    visit: &'a Visit,
    words: Words,
}

impl Offer<'_> {
    fn fields(&self) -> Vec<Field> {
        let known = self.known;
        let today = self.words.day(&known.today);
        let day = |name, must| Field::new(name, Kind::Day, must, known).hint("act.day_hint");
        match known.act {
            Act::OpenCase => self.of_case(),
            Act::HandOver => self.of_hand_over(),
            Act::EndService => vec![day("last_day", true).or(today, known)],
            Act::ResumeService => vec![day("first_day", true).or(today, known)],
            Act::CloseCase => vec![day("closed_on", true).or(today, known)],
            // Long ago: no day is offered.
            Act::SayClosing => vec![day("closed_on", true)],
            Act::ReopenCase => Vec::new(),
            Act::EndRelationship => vec![
                day("last_day", true).or(today, known),
                Field::new("grounds", Kind::Text, false, known).hint("act.grounds_hint"),
            ],
        }
    }

    fn of_case(&self) -> Vec<Field> {
        let known = self.known;
        let task =
            |task: ServiceTask| (task.code().to_owned(), self.names.task(task.code(), known.today));
        let mut tasks: Vec<_> = ServiceTask::ALL.into_iter().map(task).collect();
        tasks.sort_by(|one, other| one.1.cmp(&other.1));
        let units = self.visit.caller.units.iter();
        let units: Vec<_> = units.map(|unit| (unit.to_string(), self.names.unit(unit))).collect();
        let only = |units: &[(String, String)]| match units {
            [(unit, _)] => unit.clone(),
            _ => String::new(),
        };
        let the_unit = only(&units);
        let mut fields = Vec::new();
        if known.relationship.is_none() {
            fields.push(Field::new("given_names", Kind::Text, true, known));
            fields.push(Field::new("family_name", Kind::Text, true, known));
            let order = ["no", "yes"]
                .map(|code| (code.to_owned(), self.words.of(&format!("act.order_{code}"))));
            fields.push(
                Field::new("order", Kind::Choice(order.into()), true, known).hint("act.order_hint"),
            );
        }
        let case_names = self.coded(sets::CASE_NAME);
        let the_name = only(&case_names);
        fields.extend([
            Field::new("service_task", Kind::Choice(tasks), true, known),
            Field::new("case_name", Kind::Choice(case_names), true, known).or(the_name, known),
            Field::new("name_detail", Kind::Text, false, known).hint("act.name_detail_hint"),
            Field::new("own_unit", Kind::Choice(units), true, known).or(the_unit, known),
            Field::new("opened_on", Kind::Day, true, known)
                .hint("act.day_hint")
                .or(self.words.day(&known.today), known),
        ]);
        fields
    }

    fn of_hand_over(&self) -> Vec<Field> {
        let known = self.known;
        let tasks = known.relationship.as_ref().map(|state| {
            let named = |code: &String| (code.clone(), self.names.task(code, known.today));
            state.service_tasks.iter().map(named).collect::<Vec<_>>()
        });
        let tasks = tasks.unwrap_or_default();
        let the_task = match tasks.as_slice() {
            [(task, _)] => task.clone(),
            _ => known.asked.text("task").to_owned(),
        };
        // One is proposed where nothing else could be meant: a wrong unit would see the client's documents.
        let fitting = self.chosen_by_client(&the_task);
        let (by_client, the_service) = match fitting.as_slice() {
            [one] if !the_task.is_empty() => (one.chosen.as_ref(), one.offer.service.clone()),
            _ => (None, None),
        };
        let by_client = by_client.map(Oid::to_string).unwrap_or_default();
        let mut units = self.producers(known.asked.text("q"));
        units.truncate(MANY);
        let mut implementers = vec![(String::new(), self.words.of("act.no_implementer"))];
        implementers.extend(units.iter().cloned());
        let mut services = vec![(String::new(), self.words.of("act.any_service"))];
        services.extend(self.coded(sets::SOCIAL_SERVICE));
        let mut fields = vec![
            Field::new("service_task", Kind::Choice(tasks), true, known).or(the_task, known),
            Field::new("producer", Kind::Choice(units), true, known)
                .hint("act.producer_hint")
                .or(by_client, known),
            Field::new("implementer", Kind::Choice(implementers), false, known)
                .hint("act.implementer_hint"),
            Field::new("service", Kind::Choice(services), false, known)
                .or(the_service.unwrap_or_default(), known),
            Field::new("first_day", Kind::Day, true, known)
                .hint("act.day_hint")
                .or(self.words.day(&known.today), known),
            Field::new("last_day", Kind::Day, false, known).hint("act.last_day_hint"),
        ];
        let long = known.relationship.as_ref().filter(|state| state.road == Road::Long);
        if let Some(state) = long {
            let open = state.cases.iter().filter(|case| !case.closed);
            let cases: Vec<_> = open
                .filter_map(|case| {
                    let id = case.case.as_ref()?;
                    let task = self.names.task(&case.service_task, known.today);
                    Some((id.to_string(), format!("{task} · {id}")))
                })
                .collect();
            if cases.len() > 1 {
                fields.insert(1, Field::new("of_case", Kind::Choice(cases), true, known));
            }
        }
        fields
    }

    /// The codes of a set in force, by name.
    fn coded(&self, set: &str) -> Vec<(String, String)> {
        coded(&self.names, set, self.known.today)
    }

    /// The choices that are made of a service task, where no right is open yet; of every task where none is named.
    fn chosen_by_client(&self, task: &str) -> Vec<&ChoiceSeen> {
        let choices = self.known.relationship.iter().flat_map(|state| &state.choices);
        let of_task = |one: &&ChoiceSeen| task.is_empty() || one.offer.service_task == task;
        let is_made = |one: &&ChoiceSeen| matches!(one.state, ChoiceState::Chosen(_));
        choices.filter(of_task).filter(is_made).collect()
    }

    /// The units of other organisations, those whose name or organisation holds the words, and those that are chosen already;
    /// whether a unit may be handed to is the operation's to say.
    fn producers(&self, words: &str) -> Vec<(String, String)> {
        let Some(state) = &self.known.relationship else { return Vec::new() };
        let mut chosen =
            vec![self.known.asked.text("producer"), self.known.asked.text("implementer")];
        let made = self.chosen_by_client("");
        chosen.extend(made.iter().filter_map(|one| Some(one.chosen.as_ref()?.as_str())));
        producers(&self.names, &state.controller, self.known.today, words, &chosen)
    }

    /// What is chosen, each in words.
    fn told_choices(&self) -> Vec<String> {
        let told = |one: &&ChoiceSeen| {
            let shown = ShownChoice::of(one, &self.names, self.known.today);
            let chosen = shown.chosen?;
            let task = shown.task + &shown.service.map(|it| format!(", {it}")).unwrap_or_default();
            let (at, who) = (self.words.moment(&chosen.at), self.words.of(&chosen.by));
            let gone = (!chosen.valid).then(|| format!(" ({})", self.words.of("choice.gone")));
            let unit = chosen.name + &gone.unwrap_or_default();
            let values = [("task", &*task), ("unit", &*unit), ("who", &*who), ("at", &*at)];
            Some(self.words.with("choice.client_chose", &values))
        };
        self.chosen_by_client("").iter().filter_map(told).collect()
    }

    /// What the act is about: the service, the case, the relationship.
    fn lead(&self) -> String {
        let known = self.known;
        let today = known.today;
        let about = match known.act {
            Act::EndService | Act::ResumeService => self.service().map(|right| {
                let task = right.branch.service_task();
                let task = task.map(|task| self.names.task(task, today)).unwrap_or_default();
                format!("{}: {task}", self.names.unit(&right.holder))
            }),
            Act::CloseCase | Act::SayClosing | Act::ReopenCase => known.case().map(|case| {
                format!(
                    "{} · {}",
                    self.names.task(&case.service_task, today),
                    known.asked.text("case")
                )
            }),
            Act::OpenCase if known.relationship.is_none() => {
                Some(self.words.of("act.new_relationship"))
            }
            _ => known
                .relationship
                .as_ref()
                .map(|state| self.names.organisation(state.controller.as_str())),
        };
        about.unwrap_or_default()
    }

    /// The service that the address names.
    fn service(&self) -> Option<&RegisterUseRight> {
        self.known.service()
    }
}

/// The codes of a set in force, by name.
pub(in crate::desk) fn coded(
    names: &Names<'_>,
    set: &str,
    today: FinnishDay,
) -> Vec<(String, String)> {
    let Ok(set_oid) = Oid::parse(set) else { return Vec::new() };
    let values = names.registry.code_sets().choices_on(&set_oid, today);
    let values = values.map(|(_, values)| values).unwrap_or_default();
    let name_of = |code: &str| names.coded(set, code, today).unwrap_or_else(|| code.to_owned());
    let mut all: Vec<_> = values.iter().map(|one| (one.code.clone(), name_of(&one.code))).collect();
    all.sort_by(|one, other| one.1.cmp(&other.1));
    all
}

/// The units of other organisations than a controller that are valid, with their organisations: those whose name holds the
/// words, and those that are chosen, which come first.
pub(in crate::desk) fn producers(
    names: &Names<'_>,
    controller: &Oid,
    today: FinnishDay,
    words: &str,
    chosen: &[&str],
) -> Vec<(String, String)> {
    let registers = names.registry.registers();
    let own = names.registry.units_of(controller);
    let wanted = words.to_lowercase();
    let units = registers.units().into_iter().filter(|unit| !own.contains(&unit.oid));
    let valid = units.filter(|unit| registers.is_valid_on(&unit.oid, today));
    let known = valid.filter(|unit| registers.organisation_of(&unit.oid).is_some());
    let with_name = known.map(|unit| (unit.oid.to_string(), names.unit_of(&unit.oid)));
    let fits = |(unit, name): &(String, String)| {
        name.to_lowercase().contains(&wanted) || chosen.contains(&unit.as_str())
    };
    let mut all: Vec<(String, String)> = with_name.filter(fits).collect();
    all.sort_by_key(|(unit, name)| (!chosen.contains(&unit.as_str()), name.clone()));
    all
}

impl Known {
    /// The service that the address names.
    pub(super) fn service(&self) -> Option<&RegisterUseRight> {
        let unit = self.asked.oid("unit")?;
        let task = self.asked.given("task");
        let mut services = self.relationship.as_ref()?.services.iter();
        services.find(|one| one.holder == unit && one.branch.service_task() == task)
    }

    /// The case that the address names, of those of this client.
    pub(super) fn case(&self) -> Option<&varanto_app::relationship::CaseBrief> {
        let case = self.asked.oid("case")?;
        self.relationship.as_ref()?.cases.iter().find(|one| one.case.as_ref() == Some(&case))
    }
}
