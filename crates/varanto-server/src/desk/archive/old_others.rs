//! Other rows of the client of a row of old data: where they stand, what they say otherwise, and one of them laid beside.
//!
//! Nothing of a client stands in a list: who opens a row looks at it, and the look is written down. Source: OLD-7; LOG-1.

use varanto_domain::codes::sets;
use varanto_domain::time::FinnishDay;
use varanto_workbench::mapping::Target;
use varanto_workbench::queue::{Against, AllAgainst, Other, QueuedRow};

use super::old_data::{Showing, mark_of};
use super::old_row::{Field, about, day_of, file_address, file_word};
use crate::pages::Words;

/// How many rows that say otherwise are named.
const NAMED: usize = 12;

/// What other rows of the client say otherwise than somebody does now.
pub(super) struct ShownAgainst {
    pub(super) all: Vec<OneAgainst>,
    /// Who says that it is so nevertheless says it of this.
    pub(super) seen: String,
}

/// A kind of contradiction.
pub(super) struct OneAgainst {
    pub(super) text: String,
    /// The rows, with their addresses.
    pub(super) rows: Vec<(u64, String)>,
    /// How many more there are.
    pub(super) more: u64,
}

impl ShownAgainst {
    pub(super) fn of(against: &AllAgainst, words: Words, base: &str) -> Self {
        let one = |one: &Against| OneAgainst {
            text: words.of(&format!("old_data.against-{}", one.kind.code())),
            rows: one.places.iter().take(NAMED).map(|row| (*row, address(base, *row))).collect(),
            more: one.places.len().saturating_sub(NAMED) as u64,
        };
        let seen = against.seen.as_str().to_owned();
        Self { all: against.all.iter().map(one).collect(), seen }
    }
}

fn address(base: &str, place: u64) -> String {
    format!("{base}rows/{place}/")
}

/// Other rows of the client.
pub(super) struct ShownOthers {
    pub(super) rows: Vec<ShownOther>,
    pub(super) count: u64,
    /// How many are not named.
    pub(super) more: u64,
    /// Whether something of the client is asked, so that they are wanted.
    pub(super) open: bool,
}

/// One of them.
pub(super) struct ShownOther {
    pub(super) place: u64,
    pub(super) address: String,
    pub(super) day: Option<FinnishDay>,
    pub(super) kind: Option<String>,
    pub(super) state: String,
    pub(super) mark: &'static str,
    pub(super) has_code: bool,
}

impl ShownOthers {
    pub(super) fn of(
        (others, count): (Vec<Other>, u64),
        showing: &Showing<'_>,
        asked: &[Field],
    ) -> Self {
        let of_client = |field: &Field| {
            Target::of_name(field.name)
                .is_some_and(|target| target.is_of_the_client() || target == Target::Client)
        };
        let more = count.saturating_sub(others.len() as u64);
        let rows = others.into_iter().map(|one| ShownOther::of(one, showing)).collect();
        Self { rows, count, more, open: asked.iter().any(of_client) }
    }
}

impl ShownOther {
    fn of(other: Other, showing: &Showing<'_>) -> Self {
        let day = other.day.as_deref().and_then(FinnishDay::parse);
        let kind = other.general_type.map(|code| showing.coded(sets::DOCUMENT_TYPE, code, day));
        Self {
            place: other.place,
            address: showing.address_of(other.place),
            day,
            kind,
            state: showing.words.of(&format!("old_data.state-{}", other.state)),
            mark: mark_of(&other.state),
            has_code: other.has_code,
        }
    }
}

/// Another row, laid beside.
pub(super) struct ShownBeside {
    pub(super) place: u64,
    pub(super) address: String,
    pub(super) about: Vec<(String, String)>,
    /// What its file is, in words, and where.
    pub(super) file: Option<(String, String)>,
    /// Whether the frame that it is shown in is shut off from everything; `None` where it is shown in none.
    pub(super) framed: Option<bool>,
}

impl ShownBeside {
    pub(super) fn of(
        row: &QueuedRow,
        (framed, sandboxed): (bool, bool),
        showing: &Showing<'_>,
    ) -> Self {
        let day = day_of(row).unwrap_or_else(|| showing.today());
        let file = row.file.as_ref().map(|paper| {
            let address = file_address(showing.base(), row.place, None, paper);
            (file_word(showing.words, paper), address)
        });
        Self {
            place: row.place,
            address: showing.address_of(row.place),
            about: about(row, showing, day),
            framed: (framed && file.is_some()).then_some(sandboxed),
            file,
        }
    }
}
