//! The two roads of the relationship and case structures: on which one a document is, and on which one a
//! controller is.
//!
//! On the short road the units that serve a client stand on the relationship document; on the long road on
//! its cases' documents. The nation took the short road. The long road's structures are Varanto's own.
//!
//! Source: REL-5 to REL-7, ARC-16; national-specs 4; own-choices.

use std::collections::BTreeMap;

use crate::archive::documents::DocumentGroup;
use crate::faults::{Fault, FaultKind};
use crate::ids::Oid;
use crate::structures::OWN_STRUCTURES;
use crate::time::FinnishDay;

/// Where the units that serve a client are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Road {
    /// On the relationship document (lyhyt tie).
    #[default]
    Short,
    /// On the documents of its cases (pitkä tie).
    Long,
}

impl Road {
    /// Both; the place in this list is what the store keeps.
    pub const ALL: [Self; 2] = [Self::Short, Self::Long];

    /// The road of a document, told by its structure.
    #[must_use]
    pub fn of_structure(structure: &Oid) -> Self {
        if structure.is_under_text(OWN_STRUCTURES) { Self::Long } else { Self::Short }
    }

    /// What the structures of a group are under on this road: the arcs before their version day.
    #[must_use]
    pub fn structures_of(self, group: DocumentGroup) -> String {
        match self {
            Self::Short => group.structure_arc().to_owned(),
            Self::Long => format!("{OWN_STRUCTURES}.{}", group.code()),
        }
    }

    /// Its stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Long => "long",
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Short => Self::Long,
            Self::Long => Self::Short,
        }
    }
}

/// A step of a controller between the roads. Each is a line of the use log, and nothing else: the line is
/// dated and proven, and what the controller's road is follows from its lines in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoadStep {
    /// From this day on relationships are opened on the long road.
    Begin(FinnishDay),
    /// Its relationships are being moved onto a road; whoever moves them back stays on the short one.
    Move(Road),
    /// The move went through them all.
    Moved,
    /// The controller stays on the short road after all.
    Withdraw,
    /// There is no way back any more.
    Confirm,
}

impl RoadStep {
    /// How the line's detail begins that tells of a step.
    pub const DETAIL: &'static str = "road ";

    /// The detail of the log line that is the step.
    #[must_use]
    pub fn detail(self, controller: &Oid) -> String {
        match self {
            Self::Begin(from) => format!("road begin controller={controller} from={from}"),
            Self::Move(to) => format!("road move controller={controller} to={}", to.code()),
            Self::Moved => format!("road moved controller={controller}"),
            Self::Withdraw => format!("road withdraw controller={controller}"),
            Self::Confirm => format!("road confirm controller={controller}"),
        }
    }

    /// The step that a line's detail tells of, and whose.
    #[must_use]
    pub fn read(detail: &str) -> Option<(Oid, Self)> {
        let mut words = detail.strip_prefix(Self::DETAIL)?.split(' ');
        let word = words.next()?;
        let controller = Oid::parse(words.next()?.strip_prefix("controller=")?).ok()?;
        let last = words.next();
        let step = match (word, last) {
            ("begin", Some(from)) => Self::Begin(FinnishDay::parse(from.strip_prefix("from=")?)?),
            ("move", Some(to)) => {
                let to = to.strip_prefix("to=")?;
                Self::Move(Road::ALL.into_iter().find(|road| road.code() == to)?)
            }
            ("moved", None) => Self::Moved,
            ("withdraw", None) => Self::Withdraw,
            ("confirm", None) => Self::Confirm,
            _ => return None,
        };
        words.next().is_none().then_some((controller, step))
    }
}

/// Where a controller is between the roads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RoadState {
    /// The first day on which relationships are opened on the long road.
    pub long_from: Option<FinnishDay>,
    /// Whether there is no way back.
    pub confirmed: bool,
    /// Onto which road its relationships are being moved.
    pub moving: Option<Road>,
}

impl RoadState {
    /// The road of what is written on a day.
    #[must_use]
    pub fn on(self, day: FinnishDay) -> Road {
        if self.long_from.is_some_and(|from| from <= day) { Road::Long } else { Road::Short }
    }

    /// The state after a step.
    ///
    /// # Errors
    /// Why the step cannot be made: a beginning in the past, where documents of the short road may have been
    /// archived; what was not begun, or is confirmed already.
    ///
    /// Source: REL-7.
    pub fn after(self, step: RoadStep, today: FinnishDay) -> Result<Self, Fault> {
        let wrong = |kind| Err(Fault::new(kind, "step", "REL-7"));
        match step {
            _ if self.confirmed => wrong(FaultKind::RoadConfirmed),
            RoadStep::Begin(from) if from < today => {
                let past = Fault::new(FaultKind::WrongTime, "from", "REL-7");
                Err(past.value(from.to_string()).arg("expected", format!("≥ {today}")))
            }
            RoadStep::Begin(from) if self.long_from.is_none_or(|before| before > today) => {
                Ok(Self { long_from: Some(from), ..self })
            }
            RoadStep::Move(Road::Long) if self.on(today) == Road::Short => {
                wrong(FaultKind::RoadNotBegun)
            }
            RoadStep::Begin(_) => wrong(FaultKind::NothingChanges),
            RoadStep::Withdraw | RoadStep::Confirm if self.long_from.is_none() => {
                wrong(FaultKind::RoadNotBegun)
            }
            step => Ok(self.with(step)),
        }
    }

    /// The state after a step that was judged.
    const fn with(mut self, step: RoadStep) -> Self {
        match step {
            RoadStep::Begin(from) => {
                self.long_from = Some(from);
                self.moving = None;
            }
            RoadStep::Move(to) => {
                self.moving = Some(to);
                if let Road::Short = to {
                    self.long_from = None;
                }
            }
            RoadStep::Moved => self.moving = None,
            RoadStep::Withdraw => {
                self.long_from = None;
                self.moving = None;
            }
            RoadStep::Confirm => {
                self.confirmed = true;
                self.moving = None;
            }
        }
        self
    }
}

/// Where each controller is; one of whom no line tells is on the short road.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Roads(BTreeMap<Oid, RoadState>);

impl Roads {
    /// What the steps in the log come to, in their order. They were judged when they were logged.
    #[must_use]
    pub fn of(steps: impl IntoIterator<Item = (Oid, RoadStep)>) -> Self {
        let mut roads = BTreeMap::new();
        for (controller, step) in steps {
            let state: &mut RoadState = roads.entry(controller).or_default();
            *state = state.with(step);
        }
        Self(roads)
    }

    /// The controllers whose relationships are being moved, and onto which road.
    pub fn moving(&self) -> impl Iterator<Item = (&Oid, Road)> {
        self.0.iter().filter_map(|(controller, state)| Some((controller, state.moving?)))
    }

    /// Where a controller is.
    #[must_use]
    pub fn of_controller(&self, controller: &Oid) -> RoadState {
        self.0.get(controller).copied().unwrap_or_default()
    }
}
