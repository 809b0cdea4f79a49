//! What is inside the archive, in numbers, for the landing page.

use varanto_app::{App, AppError};

/// Counts, and the growth by month.
#[derive(Debug, Clone)]
pub struct Inside {
    /// The key of a text, and how many there are.
    pub counts: Vec<(&'static str, u64)>,
    /// Versions by the year and month they were written in.
    pub months: Vec<((i16, i8), u64)>,
}

/// Counts what is inside.
///
/// # Errors
/// What the archive answered, as a problem.
pub fn read(app: &App) -> Result<Inside, AppError> {
    let contents = app.contents()?;
    let registry = app.registry();
    let registers = registry.registers();
    let organisations = registers.organisations().len() + registers.units().len();
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let counts = vec![
        ("page.versions", contents.versions),
        ("page.clients", contents.clients),
        ("page.organisations", count(organisations)),
        ("page.structures", count(registry.structures().count())),
        ("page.code_sets", count(registry.code_sets().all().count())),
        ("page.log_lines", contents.proof_leaves),
    ];
    Ok(Inside { counts, months: contents.by_month })
}
