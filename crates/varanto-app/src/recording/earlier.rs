//! What the client's earlier documents say in the rows that a draft has empty (REL-9).

use std::collections::BTreeSet;

use varanto_domain::access::{Caller, Purpose};
use varanto_domain::archive::documents::{DocumentGroup, Part};
use varanto_domain::archive::elements::Element;
use varanto_domain::ids::{ClientIdentifier, Oid};
use varanto_domain::structures::Content;
use varanto_domain::time::Instant;
use varanto_formats::form::{self, Earlier, EarlierValue};
use varanto_formats::{content, metadata};
use varanto_store::StoreError;

use super::OpenDraft;
use crate::archive::{DocumentQuery, DocumentView, LookedAt};
use crate::derived::oid;
use crate::{App, AppError, Registry};

/// How many earlier documents are looked at for one draft: those on its own structure, and then the newest ones.
pub const MOST_EARLIER: usize = 10;

/// The most bytes of values that are told at once: what a page can show, and a session keeps.
const MOST_BYTES: usize = 256 * 1024;

/// How many of those are looked for by the draft's own structure.
const OF_ITS_KIND: usize = 3;

/// A document that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierDocument {
    /// The version.
    pub document: Oid,
    /// Its structure.
    pub structure: Oid,
    /// When it was written.
    pub written_at: Instant,
    /// Whether it stands: one that was destroyed or invalidated since says nothing any more.
    pub stands: bool,
}

/// What earlier documents say.
#[derive(Debug, Clone, Default)]
pub struct FoundEarlier {
    /// The documents that were looked at, the newest first.
    pub documents: Vec<EarlierDocument>,
    /// What they say in rows that the draft has empty; each names its document by the place in the list.
    pub values: Vec<EarlierValue>,
}

impl FoundEarlier {
    /// Prints it, of the draft of this number, as a session keeps it.
    #[must_use]
    pub fn write(&self, draft: i64) -> String {
        let document = |one: &EarlierDocument| {
            Content::object([
                ("document", Content::of_text(&one.document)),
                ("structure", Content::of_text(&one.structure)),
                ("written_at", Content::of_text(&one.written_at.millis())),
            ])
        };
        let value = |one: &EarlierValue| {
            Content::object([
                ("name", Content::of_text(&one.name)),
                ("value", one.value.clone()),
                ("place", Content::of_text(&one.place)),
            ])
        };
        content::write(&Content::object([
            ("draft", Content::of_text(&draft)),
            ("documents", Content::List(self.documents.iter().map(document).collect())),
            ("values", Content::List(self.values.iter().map(value).collect())),
        ]))
    }

    /// Reads what [`FoundEarlier::write`] printed; `None` for another draft's, and for anything else.
    #[must_use]
    pub fn read(bytes: &[u8], draft: i64) -> Option<Self> {
        fn text<'c>(of: &'c Content<'_>, name: &str) -> Option<&'c str> {
            of.member(name)?.text()
        }
        let read = content::read(bytes, "found").ok()?;
        let document = |one: &Content<'_>| {
            Some(EarlierDocument {
                document: Oid::parse(text(one, "document")?).ok()?,
                structure: Oid::parse(text(one, "structure")?).ok()?,
                written_at: Instant::from_millis(text(one, "written_at")?.parse().ok()?),
                stands: true,
            })
        };
        let value = |one: &Content<'_>| {
            Some(EarlierValue {
                name: text(one, "name")?.to_owned(),
                value: one.member("value")?.to_owned_content(),
                place: text(one, "place")?.parse().ok()?,
            })
        };
        (text(&read, "draft")?.parse() == Ok(draft)).then_some(())?;
        let of = |name: &str| read.member(name).map(Content::entries);
        Some(Self {
            documents: of("documents")?.iter().map(document).collect::<Option<_>>()?,
            values: of("values")?.iter().map(value).collect::<Option<_>>()?,
        })
    }
}

/// A document with what is written in it.
type Read = (EarlierDocument, Content<'static>);

impl App {
    /// Looks through the client's earlier documents for what an open draft has empty. Each document is found and looked at by
    /// the one decision, for itself, and each look is logged; what the caller may not see, what names other clients too, and
    /// what is shown only in part is left out. Nothing is put into the draft.
    ///
    /// # Errors
    /// As [`App::find_documents`].
    ///
    /// Source: REL-9, CAS-1.
    pub fn look_at_earlier(
        &self,
        caller: &Caller,
        client: &ClientIdentifier,
        open: &OpenDraft,
    ) -> Result<FoundEarlier, AppError> {
        // What a version before says is said already.
        if open.replaces().is_some() {
            return Ok(FoundEarlier::default());
        }
        let own = open.paper.structure.specific_type().map(str::to_owned);
        let mut asked = BTreeSet::new();
        let mut read: Vec<Read> = Vec::new();
        for (specific_type, limit) in [(own, OF_ITS_KIND), (None, MOST_EARLIER)] {
            let query = DocumentQuery {
                client: Some(client.clone()),
                group: Some(DocumentGroup::LaterPhase),
                specific_type,
                limit,
                ..DocumentQuery::default()
            };
            let hits = self.find_documents(caller, &query)?.hits;
            for hit in hits.into_iter().filter(is_readable) {
                if asked.len() < MOST_EARLIER && asked.insert(hit.document.clone()) {
                    read.extend(self.read_earlier(caller, client, &hit.document)?);
                }
            }
        }
        read.sort_by_key(|(one, _)| std::cmp::Reverse(one.written_at));
        Ok(found(&self.registry(), open, read))
    }

    /// One look at an earlier document of this client alone; `None` where it may not be looked at whole.
    fn read_earlier(
        &self,
        caller: &Caller,
        client: &ClientIdentifier,
        document: &Oid,
    ) -> Result<Option<Read>, AppError> {
        let looked_at = LookedAt { document, of: Some(client) };
        let read = self.look(caller, looked_at, Purpose::READ, "earlier", |seen| {
            let (tx, row) = (seen.tx, seen.row);
            let client = tx.find_client(client)?.ok_or(AppError::NotFound)?;
            let facts = crate::inquiry::facts_of_version(tx, row)?.document;
            if !tx.identities_of(client)?.contains(&row.client) || !facts.joint.is_empty() {
                return Err(AppError::NotFound);
            }
            let whole = seen.permit.whole().map_err(AppError::Denied)?;
            let damaged =
                || StoreError::Damaged(format!("the content of version {}", row.version.0));
            let record = tx.record(&whole, row)?;
            let (raw, _) = metadata::read(&record).map_err(|_| damaged())?;
            let structure = oid(&raw, Element::Structure).ok_or(AppError::NotFound)?;
            let mut parts = tx.content(&whole)?.into_iter();
            let (_, bytes) =
                parts.find(|(part, _)| *part == Part::Structured).ok_or(AppError::NotFound)?;
            let written = content::read(&bytes, Part::Structured.name()).map_err(|_| damaged())?;
            let told = EarlierDocument {
                document: row.oid.clone(),
                structure,
                written_at: row.written_at,
                stands: true,
            };
            Ok((told, written.to_owned_content()))
        });
        match read {
            Ok(read) => Ok(Some(read)),
            Err(AppError::NotFound | AppError::Denied(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Whether there is structured content to look at, whole.
fn is_readable(view: &DocumentView) -> bool {
    !view.masked && view.parts.contains(&Part::Structured)
}

fn found(registry: &Registry, open: &OpenDraft, read: Vec<Read>) -> FoundEarlier {
    let (documents, contents): (Vec<EarlierDocument>, Vec<Content>) = read.into_iter().unzip();
    let structures: Vec<_> = documents
        .iter()
        .map(|one| registry.structure(&one.structure).map(|entry| &entry.structure))
        .collect();
    let known = structures.iter().zip(&contents).enumerate();
    let known =
        known.filter_map(|(place, (structure, content))| Some((place, (*structure)?, content)));
    let (places, earlier): (Vec<usize>, Vec<Earlier>) =
        known.map(|(place, structure, content)| (place, Earlier { structure, content })).unzip();
    let proposed: Vec<&str> = open.proposals.iter().map(|one| one.name.as_str()).collect();
    let mut values = form::earlier(&open.paper.structure, &open.draft.content, &proposed, &earlier);
    let mut bytes = 0;
    values.retain_mut(|value| {
        value.place = places[value.place];
        bytes += content::write(&value.value).len();
        bytes <= MOST_BYTES
    });
    FoundEarlier { documents, values }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_reads_back_for_its_own_draft_alone() {
        let found = FoundEarlier {
            documents: vec![EarlierDocument {
                document: Oid::parse("1.2.3").unwrap(),
                structure: Oid::parse("1.2.4").unwrap(),
                written_at: Instant::from_millis(1_800_000_000_000),
                stands: true,
            }],
            values: vec![EarlierValue {
                name: "/a/b".to_owned(),
                value: Content::List(vec![Content::of_text("\"<\n"), Content::Null]),
                place: 0,
            }],
        };
        let printed = found.write(-7);
        let read = FoundEarlier::read(printed.as_bytes(), -7).unwrap();
        assert_eq!(read.documents, found.documents);
        let (one, other) = (&read.values[0], &found.values[0]);
        assert_eq!((&one.name, &one.value, one.place), (&other.name, &other.value, other.place));
        let nothing = FoundEarlier::default().write(3);
        assert!(FoundEarlier::read(nothing.as_bytes(), 3).unwrap().values.is_empty());
        for (text, draft) in [(printed.as_str(), 7), ("{}", 0), ("{", 0)] {
            assert!(FoundEarlier::read(text.as_bytes(), draft).is_none(), "{text}");
        }
    }
}
