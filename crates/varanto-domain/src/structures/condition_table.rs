//! Reads the table of conditional obligations (`tables/conditions.txt`, where its form is told).

use std::collections::HashMap;
use std::sync::OnceLock;

const TABLE: &str = include_str!("tables/conditions.txt");

/// Every rule, read at first use.
pub(super) fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| Rules::read(TABLE).expect("a test reads the table"))
}

/// The rules of the table.
#[derive(Debug, Default)]
pub(super) struct Rules {
    anywhere: Vec<Rule>,
    placed: HashMap<&'static str, Vec<Placed>>,
}

/// A rule, and the group of its structure that it holds in; empty for the rows under the root.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) group: Vec<&'static str>,
    pub(super) rule: Rule,
}

/// One conditional obligation.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) demand: Demand,
    pub(super) tests: Vec<Test>,
    /// The obligation holds when the tests fail, rather than when all of them pass.
    pub(super) unless: bool,
}

/// What must be there.
#[derive(Debug)]
pub(super) enum Demand {
    /// At least one of the rows.
    Give(Vec<Reach>),
    /// All of the rows, if any.
    GiveAll(Vec<Reach>),
    /// At least one of the switches, answered yes.
    AnswerYes(Vec<Reach>),
}

/// The way to a row, from the rule's group or from the top.
#[derive(Debug)]
pub(super) struct Reach {
    pub(super) keys: Vec<&'static str>,
    pub(super) from_top: bool,
}

/// A test of the content or of a fact.
#[derive(Debug)]
pub(super) struct Test {
    /// The row it looks at; `None` for a fact.
    pub(super) reach: Option<Reach>,
    pub(super) trial: Trial,
}

/// What is tested.
#[derive(Debug)]
pub(super) enum Trial {
    /// One of these answers: `yes`, `no`, or a code.
    Is(Vec<&'static str>),
    /// A code other than this.
    IsNot(&'static str),
    Given,
    Missing,
    Fact(Fact),
}

/// A fact from outside the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fact {
    Adult,
    Minor,
    ClientSystem,
    ShelterService,
    ClosedCase,
}

/// Where the table breaks its form: the line, counted from 1.
#[derive(Debug)]
pub(super) struct BrokenLine(#[expect(dead_code, reason = "told by Debug")] usize);

impl Rules {
    fn read(table: &'static str) -> Result<Self, BrokenLine> {
        let mut rules = Self::default();
        let mut scope: Option<(&str, Vec<&str>)> = None;
        for (line, number) in table.lines().zip(1..) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if line == "anywhere" {
                scope = None;
            } else if let Some(place) = line.strip_prefix("in ") {
                let (arc, path) = place.split_once(' ').unwrap_or((place, ""));
                let path = path.split('/').filter(|key| !key.is_empty()).collect();
                scope = Some((arc, path));
            } else {
                let rule = Rule::read(line).ok_or(BrokenLine(number))?;
                match &scope {
                    None => rules.anywhere.push(rule),
                    Some((arc, group)) => {
                        let placed = Placed { group: group.clone(), rule };
                        rules.placed.entry(arc).or_default().push(placed);
                    }
                }
            }
        }
        Ok(rules)
    }

    /// The rules that hold in any group with their rows, in their order.
    pub(super) fn anywhere(&self) -> &[Rule] {
        &self.anywhere
    }

    /// The rules of a structure, named by its type arc.
    pub(super) fn of(&self, type_arc: &str) -> &[Placed] {
        self.placed.get(type_arc).map_or(&[], Vec::as_slice)
    }

    /// The structures that have rules of their own.
    #[cfg(test)]
    pub(super) fn structures(&self) -> impl Iterator<Item = &'static str> {
        self.placed.keys().copied()
    }
}

impl Rule {
    fn read(line: &'static str) -> Option<Self> {
        let (demand, tests, unless) = match (line.split_once(" if "), line.split_once(" unless ")) {
            (Some((demand, tests)), None) => (demand, Some(tests), false),
            (None, Some((demand, tests))) => (demand, Some(tests), true),
            (None, None) => (line, None, false),
            (Some(_), Some(_)) => return None,
        };
        let tests = tests.map_or(Some(Vec::new()), |tests| {
            tests.split(" and ").map(Test::read).collect::<Option<Vec<Test>>>()
        })?;
        Some(Self { demand: Demand::read(demand)?, tests, unless })
    }

    /// The stable name of the condition, which texts hang on.
    pub(super) fn condition(&self) -> &'static str {
        let Some(test) = self.tests.first() else {
            return match &self.demand {
                Demand::Give(_) => "one-of",
                Demand::GiveAll(_) => "all-or-none",
                Demand::AnswerYes(_) => "one-yes",
            };
        };
        match (&test.trial, self.unless) {
            (Trial::Is(answers), false) if answers == &["yes"] => "when-yes",
            (Trial::Is(answers), false) if answers == &["no"] => "when-no",
            (Trial::Is(answers), true) if answers == &["yes"] => "unless-yes",
            (Trial::Is(_), _) => "when-code",
            (Trial::IsNot(_), _) => "when-other-code",
            (Trial::Given, _) => "when-given",
            (Trial::Missing, _) => "when-missing",
            (Trial::Fact(fact), _) => fact.condition(),
        }
    }
}

impl Demand {
    fn read(text: &'static str) -> Option<Self> {
        let reaches =
            |rows: &'static str| -> Vec<Reach> { rows.split(' ').map(Reach::read).collect() };
        if let Some(rows) = text.strip_prefix("give one of ") {
            Some(Self::Give(reaches(rows)))
        } else if let Some(rows) = text.strip_prefix("give all of ") {
            Some(Self::GiveAll(reaches(rows)))
        } else if let Some(rows) = text.strip_prefix("answer yes to ") {
            Some(Self::AnswerYes(reaches(rows)))
        } else {
            let row = text.strip_prefix("give ").filter(|row| !row.contains(' '))?;
            Some(Self::Give(vec![Reach::read(row)]))
        }
    }

    /// The rows that it is about.
    pub(super) fn targets(&self) -> &[Reach] {
        match self {
            Self::Give(rows) | Self::GiveAll(rows) | Self::AnswerYes(rows) => rows,
        }
    }
}

impl Reach {
    fn read(text: &'static str) -> Self {
        let path = text.strip_prefix('/');
        let keys = path.unwrap_or(text).split('/').collect();
        Self { keys, from_top: path.is_some() }
    }

    /// The row's own member.
    pub(super) fn last(&self) -> &'static str {
        self.keys.last().copied().unwrap_or("")
    }
}

impl Test {
    fn read(text: &'static str) -> Option<Self> {
        if let Some(word) = text.strip_prefix("fact ") {
            return Some(Self { reach: None, trial: Trial::Fact(Fact::read(word)?) });
        }
        let (row, trial) = text.split_once(' ')?;
        let trial = match trial.split_once(' ').unwrap_or((trial, "")) {
            ("=", answers) if !answers.is_empty() => Trial::Is(answers.split(' ').collect()),
            ("not", code) if !code.is_empty() => Trial::IsNot(code),
            ("given", "") => Trial::Given,
            ("missing", "") => Trial::Missing,
            _ => return None,
        };
        Some(Self { reach: Some(Reach::read(row)), trial })
    }
}

impl Fact {
    fn read(word: &str) -> Option<Self> {
        Some(match word {
            "adult" => Self::Adult,
            "minor" => Self::Minor,
            "client-system" => Self::ClientSystem,
            "shelter-service" => Self::ShelterService,
            "closed-case" => Self::ClosedCase,
            _ => return None,
        })
    }

    fn condition(self) -> &'static str {
        match self {
            Self::Adult => "adult",
            Self::Minor => "minor",
            Self::ClientSystem => "made-in-client-system",
            Self::ShelterService => "shelter-service",
            Self::ClosedCase => "case-closed",
        }
    }
}
