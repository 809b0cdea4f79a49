//! What a PDF file shows, as Poppler reads it: a reader of others', to hold what a tool made against its source.

use super::NotConverted;
use super::tools::{Tools, Workplace};

/// Dots to the inch in which pages are looked at.
const DENSITY: &str = "72";
/// So many pages are looked at together.
const TOGETHER: usize = 4;
/// How far a colour may be off: the same ink, rounded another way.
const TOLERANCE: u8 = 16;
/// Pages are looked at in squares of so many points.
const SQUARE: usize = 16;
/// So many points of a square may be of a colour that no point around it has in the other file: edges of letters.
const MOST_OFF: u16 = 8;

/// The words of a file, in the order that they were written in, page by page.
pub(super) fn words(
    place: &Workplace<'_>,
    tools: &Tools,
    file: &str,
) -> Result<Vec<String>, NotConverted> {
    let text = place.told(&tools.texts, ["-q", "-raw", "-enc", "UTF-8", file, "-"])?;
    let pages = String::from_utf8_lossy(&text);
    Ok(pages
        .split('\u{c}')
        .map(|page| page.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect())
}

/// The pictures of a file: the page, the form and the size of each, as a line.
pub(super) fn pictures(
    place: &Workplace<'_>,
    tools: &Tools,
    file: &str,
) -> Result<Vec<String>, NotConverted> {
    let told = place.told(&tools.pictures, ["-q", "-list", file])?;
    let told = String::from_utf8_lossy(&told);
    let of_line = |line: &str| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        // The second one counts them.
        [columns.first(), columns.get(2), columns.get(3), columns.get(4)]
            .map(|column| column.copied().unwrap_or_default())
            .join(" ")
    };
    Ok(told.lines().skip(2).map(of_line).collect())
}

/// Whether all pages of two files look alike.
pub(super) fn look_alike(
    place: &Workplace<'_>,
    tools: &Tools,
    [one, other]: [&str; 2],
    pages: usize,
) -> Result<bool, NotConverted> {
    for first in (1..=pages).step_by(TOGETHER) {
        let last = (first + TOGETHER - 1).min(pages);
        let shown = |file| {
            let (first, last) = (first.to_string(), last.to_string());
            place.told(&tools.pages, ["-q", "-r", DENSITY, "-f", &first, "-l", &last, file])
        };
        let (one, other) = (shown(one)?, shown(other)?);
        if one != other && !are_alike(&one, &other, last - first + 1) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether two rows of pictures are of the same sizes and show the same.
fn are_alike(mut one: &[u8], mut other: &[u8], count: usize) -> bool {
    for _ in 0..count {
        let (Some((left, after)), Some((right, others))) = (Sheet::read(one), Sheet::read(other))
        else {
            return false;
        };
        (one, other) = (after, others);
        if left.width != right.width || left.height() != right.height() {
            return false;
        }
        if left.is_off(&right) || right.is_off(&left) {
            return false;
        }
    }
    one.is_empty() && other.is_empty()
}

/// A page as a picture, three values a point.
struct Sheet<'a> {
    width: usize,
    values: &'a [u8],
}

impl<'a> Sheet<'a> {
    /// The first picture of a row, and what comes after it.
    fn read(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let mut lines = bytes.splitn(4, |byte| *byte == b'\n');
        let (kind, size, depth) = (lines.next()?, lines.next()?, lines.next()?);
        let (width, height) = std::str::from_utf8(size).ok()?.split_once(' ')?;
        let (width, height): (usize, usize) = (width.parse().ok()?, height.parse().ok()?);
        if kind != b"P6" || depth != b"255" || width == 0 {
            return None;
        }
        let (values, after) = lines.next()?.split_at_checked(3 * width * height)?;
        Some((Self { width, values }, after))
    }

    const fn height(&self) -> usize {
        self.values.len() / 3 / self.width
    }

    fn row(&self, at: usize) -> &'a [u8] {
        &self.values[3 * self.width * at..3 * self.width * (at + 1)]
    }

    /// Whether it shows something somewhere that another of its size does not show.
    fn is_off(&self, other: &Self) -> bool {
        let across = self.width.div_ceil(SQUARE);
        let mut off = vec![0_u16; across * self.height().div_ceil(SQUARE)];
        for y in 0..self.height() {
            if self.row(y) == other.row(y) {
                continue;
            }
            for x in 0..self.width {
                if (0..3).any(|colour| !self.is_near(other, (x, y), colour)) {
                    off[y / SQUARE * across + x / SQUARE] += 1;
                }
            }
        }
        off.iter().any(|count| *count > MOST_OFF)
    }

    /// Whether the other has about this colour at this point or right beside it.
    fn is_near(&self, other: &Self, (x, y): (usize, usize), colour: usize) -> bool {
        let value = self.row(y)[3 * x + colour];
        if value.abs_diff(other.row(y)[3 * x + colour]) <= TOLERANCE {
            return true;
        }
        let rows = y.saturating_sub(1)..=(y + 1).min(self.height() - 1);
        let around = rows.flat_map(|row| {
            let columns = x.saturating_sub(1)..=(x + 1).min(self.width - 1);
            columns.map(move |column| other.row(row)[3 * column + colour])
        });
        let (low, high) =
            around.fold((u8::MAX, 0), |(low, high), one| (one.min(low), one.max(high)));
        value >= low.saturating_sub(TOLERANCE) && value <= high.saturating_add(TOLERANCE)
    }
}
