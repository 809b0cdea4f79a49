//! The numbers that a word processor sets before paragraphs, counted as it counts them.

use std::collections::HashMap;

use super::letter::Piece;

/// The deepest level of a list.
const LEVELS: usize = 9;

/// How a level is numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Bullet,
    Decimal,
    Letters { capital: bool },
    Roman { capital: bool },
    None,
}

impl Form {
    pub(super) fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "bullet" => Self::Bullet,
            "decimal" => Self::Decimal,
            "lowerLetter" => Self::Letters { capital: false },
            "upperLetter" => Self::Letters { capital: true },
            "lowerRoman" => Self::Roman { capital: false },
            "upperRoman" => Self::Roman { capital: true },
            "none" => Self::None,
            _ => return None,
        })
    }

    /// A number in this form; `None` where it has none for it that is sure.
    fn number(self, number: u32) -> Option<String> {
        let text = match self {
            Self::Bullet | Self::None => String::new(),
            Self::Decimal => number.to_string(),
            Self::Letters { .. } => {
                let letter =
                    u8::try_from(number).ok().filter(|number| (1..=26).contains(number))?;
                char::from(b'a' + letter - 1).to_string()
            }
            Self::Roman { .. } => roman(number)?,
        };
        let capital =
            matches!(self, Self::Letters { capital: true } | Self::Roman { capital: true });
        Some(if capital { text.to_uppercase() } else { text })
    }
}

fn roman(mut number: u32) -> Option<String> {
    const PARTS: [(u32, &str); 9] = [
        (100, "c"),
        (90, "xc"),
        (50, "l"),
        (40, "xl"),
        (10, "x"),
        (9, "ix"),
        (5, "v"),
        (4, "iv"),
        (1, "i"),
    ];
    if !(1..=399).contains(&number) {
        return None;
    }
    let mut text = String::new();
    for (value, sign) in PARTS {
        while number >= value {
            text.push_str(sign);
            number -= value;
        }
    }
    Some(text)
}

/// A level of a list.
#[derive(Debug, Clone)]
pub(super) struct Level {
    pub(super) start: u32,
    pub(super) form: Form,
    /// The text, in which `%1` stands for the number of the first level.
    pub(super) text: String,
    /// The bullet, where it is one that is known to come out.
    pub(super) bullet: Option<Piece>,
}

/// A list as it is defined, by its levels.
pub(super) type Levels = [Option<Level>; LEVELS];

/// The lists of a letter, as they are counted.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// The definitions.
    pub(super) defined: HashMap<String, Levels>,
    /// The lists: their definition, and the levels that begin anew.
    pub(super) named: HashMap<String, (String, [Option<u32>; LEVELS])>,
    counts: HashMap<String, [Option<u32>; LEVELS]>,
    begun: Vec<String>,
}

impl Lists {
    /// What stands before the next paragraph of a list.
    ///
    /// # Errors
    /// It is none that is sure to come out.
    pub(super) fn next(&mut self, list: &str, level: usize) -> Result<Option<Piece>, ()> {
        let (definition, anew) = self.named.get(list).ok_or(())?;
        let levels = self.defined.get(definition).ok_or(())?;
        let own = levels.get(level).and_then(Option::as_ref).ok_or(())?;
        let counts = self.counts.entry(definition.clone()).or_default();
        if !self.begun.iter().any(|begun| begun == list) {
            self.begun.push(list.to_owned());
            for (count, anew) in counts.iter_mut().zip(anew) {
                // The first paragraph adds one.
                *count = anew.map_or(*count, |start| start.checked_sub(1));
            }
        }
        counts[level] = Some(counts[level].map_or(own.start, |count| count + 1));
        counts[level + 1..].fill(None);
        if own.form == Form::Bullet {
            return match &own.bullet {
                _ if own.text.is_empty() => Ok(None),
                Some(bullet) => Ok(Some(bullet.clone())),
                None => Err(()),
            };
        }
        let mut text = String::new();
        let mut signs = own.text.chars().peekable();
        while let Some(sign) = signs.next() {
            let named = signs.peek().and_then(|next| next.to_digit(10)).filter(|_| sign == '%');
            let Some(which) = named.and_then(|named| (named as usize).checked_sub(1)) else {
                text.push(sign);
                continue;
            };
            signs.next();
            let other = levels.get(which).and_then(Option::as_ref).ok_or(())?;
            let number = counts[which].unwrap_or(other.start);
            text.push_str(&other.form.number(number).ok_or(())?);
        }
        Ok((!text.is_empty()).then_some(Piece::Text(text)))
    }
}
