//! Loaded registers, structures and code sets, each as the file it came in.

use varanto_domain::time::Instant;

use crate::engine::params;
use crate::{ReadTx, StoreError, WriteTx, checksum};

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
    /// Every kind.
    pub(crate) const ALL: [Self; 5] =
        [Self::Structure, Self::CodeSets, Self::TaskMappings, Self::Organisations, Self::Systems];

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

/// What tells one state of the loaded files from another, without their contents: of each its kind and name, when it was
/// loaded, the end of what is kept of it, which is its checksum, and whether it is in use.
pub type FileMarks = Vec<(String, String, i64, Vec<u8>, String)>;

impl ReadTx<'_> {
    /// What tells the loaded files from others.
    pub fn marks_of_register_files(&self) -> Result<FileMarks, StoreError> {
        const SQL: &str =
            "SELECT kind, name, loaded_at, substr(content, length(content) - 15), state
            FROM register_file ORDER BY kind, name";
        self.all(SQL, [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })
    }

    /// Every loaded file of a kind, in the order of loading.
    pub fn list_register_files(&self, kind: FileKind) -> Result<Vec<RegisterFile>, StoreError> {
        const SQL: &str = "SELECT name, loaded_at, state, content FROM register_file
            WHERE kind = ?1 ORDER BY loaded_at, name";
        type Raw = (String, i64, String, Vec<u8>);
        let raw: Vec<Raw> = self.all(SQL, [kind.name()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
        raw.into_iter()
            .map(|(name, loaded_at, state, kept)| {
                let damaged = || StoreError::Damaged(format!("{} file {name}", kind.name()));
                let withdrawn = match state.as_str() {
                    "ready" => false,
                    "withdrawn" => true,
                    _ => return Err(damaged()),
                };
                let belonging = [kind.name().as_bytes(), name.as_bytes()];
                let content = checksum::strip(&kept, &belonging).ok_or_else(damaged)?.to_vec();
                let loaded_at = Instant::from_millis(loaded_at);
                Ok(RegisterFile { name, loaded_at, withdrawn, content })
            })
            .collect()
    }

    /// Loaded files of a kind that no program knows.
    pub(crate) fn stray_register_files(&self) -> Result<Vec<String>, StoreError> {
        const SQL: &str = "SELECT kind, name FROM register_file WHERE kind NOT IN
            ('structure', 'code-sets', 'task-mappings', 'organisations', 'systems')";
        self.all(SQL, [], |row| {
            Ok(format!("{} file {}", row.get::<String>(0)?, row.get::<String>(1)?))
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
            VALUES (?1, ?2, ?3, 'ready', ?4) ON CONFLICT (kind, name) DO UPDATE SET
            loaded_at = excluded.loaded_at, state = 'ready', content = excluded.content";
        let now = self.now().millis();
        let kept = checksum::append(content, &[kind.name().as_bytes(), name.as_bytes()]);
        self.execute(SQL, params![kind.name(), name, now, kept])?;
        self.tell_others()?;
        Ok(())
    }

    /// Withdraws a file from use, or takes it into use again; `false` when there is none.
    pub fn update_register_file(
        &mut self,
        kind: FileKind,
        name: &str,
        withdrawn: bool,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE register_file SET state = ?3 WHERE kind = ?1 AND name = ?2";
        let state = if withdrawn { "withdrawn" } else { "ready" };
        self.tell_others()?;
        Ok(self.execute(SQL, [kind.name(), name, state])? == 1)
    }
}
