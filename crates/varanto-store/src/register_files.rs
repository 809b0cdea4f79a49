//! Loaded registers, structures and code sets, each as the file it came in.

use rusqlite::params;
use varanto_domain::time::Instant;

use crate::{ReadTx, StoreError, WriteTx};

/// What a loaded file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// A national document structure.
    Structure,
    /// Code sets.
    CodeSets,
    /// Mappings of original service tasks.
    TaskMappings,
    /// Organisations and units.
    Organisations,
    /// Systems.
    Systems,
}

impl FileKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::CodeSets => "code-sets",
            Self::TaskMappings => "task-mappings",
            Self::Organisations => "organisations",
            Self::Systems => "systems",
        }
    }
}

/// A loaded file.
#[derive(Debug, Clone)]
pub struct RegisterFile {
    /// The structure's OID; the file's name otherwise.
    pub name: String,
    /// When it was loaded.
    pub loaded_at: Instant,
    /// Whether it was withdrawn from use.
    pub withdrawn: bool,
    /// Its bytes.
    pub content: Vec<u8>,
}

impl ReadTx<'_> {
    /// Every loaded file of a kind, in the order of loading.
    pub fn list_register_files(&self, kind: FileKind) -> Result<Vec<RegisterFile>, StoreError> {
        const SQL: &str = "SELECT name, loaded_at, state, content FROM register_file
            WHERE kind = ?1 ORDER BY loaded_at, name";
        self.all(SQL, [kind.name()], |row| {
            Ok(RegisterFile {
                name: row.get(0)?,
                loaded_at: Instant::from_millis(row.get(1)?),
                withdrawn: row.get::<_, String>(2)? == "withdrawn",
                content: row.get(3)?,
            })
        })
    }
}

impl WriteTx<'_> {
    /// Keeps a file; one of the same kind and name is replaced.
    pub fn upsert_register_file(
        &mut self,
        kind: FileKind,
        name: &str,
        content: &[u8],
    ) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO register_file (kind, name, loaded_at, state, content)
            VALUES (?1, ?2, ?3, 'ready', ?4) ON CONFLICT DO UPDATE SET
            loaded_at = excluded.loaded_at, state = 'ready', content = excluded.content";
        let now = self.now().millis();
        self.execute(SQL, params![kind.name(), name, now, content])?;
        Ok(())
    }

    /// Withdraws a file from use; `false` when there is none.
    pub fn withdraw_register_file(
        &mut self,
        kind: FileKind,
        name: &str,
    ) -> Result<bool, StoreError> {
        const SQL: &str =
            "UPDATE register_file SET state = 'withdrawn' WHERE kind = ?1 AND name = ?2";
        Ok(self.execute(SQL, [kind.name(), name])? == 1)
    }
}
