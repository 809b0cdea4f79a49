//! Places in pages, sealed: a place may be that of something the caller may not know of.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::ClientIdentifier;

use crate::App;

/// The client whose list it is, as its cursors are sealed with it.
pub(crate) fn client_of_list(client: Option<&ClientIdentifier>) -> Option<String> {
    client.map(|client| match client {
        ClientIdentifier::Code(code) => code.reveal().to_owned(),
        ClientIdentifier::Temporary(given) => format!("{}/{}", given.root(), given.reveal()),
    })
}

impl App {
    /// A place as the caller gets it. The list that it belongs to is what it opens with.
    pub(crate) fn write_cursor(&self, list: &[u8], place: [i64; 2]) -> String {
        let bytes: Vec<u8> = place.into_iter().flat_map(i64::to_be_bytes).collect();
        URL_SAFE_NO_PAD.encode(self.store.keys().store_key().seal(list, &bytes))
    }

    /// The place of a cursor, if there is one.
    ///
    /// # Errors
    /// The fault of one that belongs to another list, or to none.
    pub(crate) fn read_cursor(
        &self,
        list: &[u8],
        cursor: Option<&str>,
        rule: &'static str,
    ) -> Result<Option<[i64; 2]>, Fault> {
        let Some(cursor) = cursor else { return Ok(None) };
        let bad = || Fault::new(FaultKind::BadCursor, "cursor", rule);
        let sealed = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| bad())?;
        let place = self.store.keys().store_key().open(list, &sealed).ok_or_else(bad)?;
        let (first, second) = place.split_first_chunk().ok_or_else(bad)?;
        let second: &[u8; 8] = second.try_into().map_err(|_| bad())?;
        Ok(Some([i64::from_be_bytes(*first), i64::from_be_bytes(*second)]))
    }
}
