//! Statements are written once, in what both engines understand, and a few words are put otherwise for a server:
//! `?1` is `$1` there, and which index is read it chooses itself. Tables are defined in the words of the embedded
//! engine, in the files of `migrations/embedded`.

/// A statement in the words of a server.
pub(super) fn statement(sql: &str) -> String {
    let mut words = sql.split_inclusive(' ');
    let mut text = String::with_capacity(sql.len());
    while let Some(word) = words.next() {
        if word.trim() == "INDEXED" {
            // BY, and the name.
            words.next();
            let name = words.next().unwrap_or_default();
            // A line may end with the name.
            text.push_str(
                name.trim_start_matches(|letter: char| !letter.is_whitespace()).trim_matches(' '),
            );
            continue;
        }
        text.push_str(word);
    }
    text.replace('?', "$")
}

/// The words that a server has others for. What belongs to what is looked for by `verify`: to hold each row against
/// its term would cost a look for every column.
const WORDS: [(&str, &str); 6] = [
    (") STRICT, WITHOUT ROWID", ")"),
    (") STRICT", ")"),
    (OF_TERM, ""),
    (" INTEGER", " bigint"),
    (" BLOB", " bytea"),
    // Compared by its bytes, as on the embedded engine, wherever the server is.
    (" TEXT", " text COLLATE \"C\""),
];

const OF_TERM: &str = " REFERENCES term (number)";

/// Definitions of tables in the words of a server.
pub(super) fn definition(sql: &str) -> String {
    let text: String = without_comments(sql).collect::<Vec<_>>().join("\n");
    WORDS.iter().fold(text, |text, (ours, theirs)| text.replace(ours, theirs))
}

/// The tables and columns that name terms.
pub(super) fn columns_of_terms(
    definitions: impl Iterator<Item = &'static str>,
) -> Vec<(&'static str, &'static str)> {
    let mut columns = Vec::new();
    for sql in definitions {
        let mut table = "";
        for line in without_comments(sql) {
            let mut words = line.split_whitespace();
            let begun = (words.next(), words.next(), words.next());
            if let (Some("CREATE" | "ALTER"), Some("TABLE"), Some(name)) = begun {
                table = name;
            }
            let column = match begun {
                (Some("ALTER"), ..) => line.split_whitespace().nth(5),
                (column, ..) => column,
            };
            if let (true, Some(column)) = (line.contains(OF_TERM), column) {
                columns.push((table, column));
            }
        }
    }
    columns
}

fn without_comments(sql: &str) -> impl Iterator<Item = &str> {
    sql.lines().map(|line| line.split_once("--").map_or(line, |(code, _)| code).trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrations::MIGRATIONS;

    #[test]
    fn a_statement_is_numbered_otherwise_and_names_no_index() {
        let list = "SELECT a FROM t INDEXED BY t_by_b WHERE b = ?1 AND c < ?12";
        assert_eq!(statement(list), "SELECT a FROM t WHERE b = $1 AND c < $12");
        let broken = "SELECT a FROM t INDEXED BY t_by_b\n            WHERE b = ?1";
        assert_eq!(statement(broken), "SELECT a FROM t \n           WHERE b = $1");
    }

    #[test]
    fn no_word_of_the_embedded_engine_is_left_in_a_definition() {
        for migration in MIGRATIONS {
            let text = definition(migration.sql);
            for word in ["INTEGER", "BLOB", "TEXT", "STRICT", "ROWID", "REFERENCES", "--", "x'"] {
                assert!(!text.contains(word), "{word} in {text}");
            }
        }
    }

    #[test]
    fn the_columns_that_name_terms_are_known() {
        let columns = columns_of_terms(MIGRATIONS.iter().map(|migration| migration.sql));
        for known in [
            ("document_version", "arrival"),
            ("tally", "controller"),
            ("user_right", "organiser"),
            ("draft", "author"),
        ] {
            assert!(columns.contains(&known), "{known:?}");
        }
        let told: usize = MIGRATIONS.iter().map(|one| one.sql.matches(OF_TERM).count()).sum();
        assert_eq!(columns.len(), told);
    }
}
