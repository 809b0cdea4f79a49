//! Tables on pages: widths by content, rows broken where they must, heads repeated.

use super::blocks::{Cell, Face, Table};
use super::layout::{
    BAND, CELL, Column, HAIR, INK, Kind, Pages, RIGHT, RepeatedHead, TEXT, row_height,
};

const SIZE: f32 = TEXT - 0.5;
const PADDING: f32 = 5.0;
/// The most columns that are set; what stands further right is set into the last one.
pub(super) const MAX_COLUMNS: usize = 40;

/// A cell at its column.
struct Placed<'t> {
    column: usize,
    cell: &'t Cell,
}

impl Pages {
    pub(super) fn table(&mut self, table: &Table) {
        let rows = placed(&table.rows);
        let columns = rows
            .iter()
            .flatten()
            .map(|placed| placed.column + placed.cell.columns)
            .max()
            .unwrap_or_default();
        if columns == 0 {
            return;
        }
        let edges = self.edges(&rows, columns.min(MAX_COLUMNS));
        self.space(4.0);
        self.tags.open(Kind::Table);
        if !table.caption.is_empty() {
            let tag = self.tags.open(Kind::Caption);
            let room = RIGHT - self.left;
            let lines = self.setter.lines(&table.caption, Face::Semibold, SIZE, room);
            self.need(40.0);
            self.stacked(lines, tag, SIZE, INK);
            self.tags.close();
            self.y += 2.0;
        }
        let mut head = RepeatedHead {
            x: self.left,
            width: edges.last().copied().unwrap_or_default() - self.left,
            rows: Vec::new(),
        };
        for (at, row) in rows.iter().enumerate() {
            if self.overlong {
                break;
            }
            self.row(row, &edges, &head, at < table.heads);
            if at < table.heads {
                let repeated = self.columns(row, &edges, false);
                head.rows.push(repeated);
                if at + 1 == table.heads
                    && head.rows.iter().map(|row| row_height(row)).sum::<f32>() < 160.0
                {
                    self.head = Some(head.clone());
                }
            }
        }
        self.head = None;
        self.tags.close();
        self.y += 6.0;
    }

    fn row(&mut self, row: &[Placed<'_>], edges: &[f32], head: &RepeatedHead, is_head: bool) {
        self.tags.open(Kind::Row);
        let columns = self.columns(row, edges, true);
        self.tags.close();
        let height = row_height(&columns);
        // A row is broken only when no page has room for it, and a head stays with a row.
        let wanted = if is_head { height + 24.0 } else { height };
        if wanted <= self.whole_page() && wanted > self.room_left() {
            self.new_page();
        }
        if is_head && height <= self.room_left() {
            self.fill(head.x, self.y, head.width, height, BAND);
        }
        self.side_by_side(&columns, CELL);
        self.fill(head.x, self.y, head.width, 0.5, HAIR);
    }

    /// A row's cells as lines; with tags under the one that is open, or as what is repeated.
    fn columns(&mut self, row: &[Placed<'_>], edges: &[f32], tagged: bool) -> Vec<Column> {
        let last = edges.len() - 1;
        let mut columns = Vec::new();
        for Placed { column, cell } in row {
            let from = edges[(*column).min(last - 1)];
            let to = edges[(column + cell.columns).min(last)];
            let face = if cell.head { Face::Semibold } else { Face::Regular };
            let room = (to - from - 2.0 * PADDING).max(12.0);
            let lines = self.setter.lines(&cell.text, face, SIZE, room);
            let kind = if cell.head { Kind::Head } else { Kind::Cell };
            let tag = tagged.then(|| self.tags.open(kind(cell.columns, cell.rows)));
            if tagged {
                self.tags.close();
            }
            columns.push(Column { x: from + PADDING, lines, tag, size: SIZE, colour: INK });
        }
        columns
    }

    /// Where the columns begin, and where the last one ends.
    fn edges(&mut self, rows: &[Vec<Placed<'_>>], count: usize) -> Vec<f32> {
        let (mut least, mut most) = (vec![10.0f32; count], vec![16.0f32; count]);
        // The first thousand rows tell how wide the columns are.
        for Placed { column, cell } in rows.iter().take(1000).flatten() {
            if cell.columns == 1 && *column < count {
                let face = if cell.head { Face::Semibold } else { Face::Regular };
                let (word, line) = self.setter.widths(&cell.text, face, SIZE);
                least[*column] = least[*column].max(word);
                most[*column] = most[*column].max(line);
            }
        }
        let room = RIGHT - self.left;
        let pad = |widths: &mut Vec<f32>| widths.iter_mut().for_each(|w| *w += 2.0 * PADDING + 0.5);
        pad(&mut least);
        pad(&mut most);
        let widths = shared(&least, &most, room);
        let mut edges = vec![self.left];
        let mut x = self.left;
        for width in widths {
            x += width;
            edges.push(x);
        }
        edges
    }
}

/// The room shared between columns: each what it asks for, else each its longest word and of the rest
/// in the measure of what it asks; words are broken where even that is too much.
fn shared(least: &[f32], most: &[f32], room: f32) -> Vec<f32> {
    let (least_sum, most_sum) = (least.iter().sum::<f32>(), most.iter().sum::<f32>());
    if most_sum <= room {
        let stretch = if most_sum * 1.6 > room { room / most_sum } else { 1.0 };
        return most.iter().map(|width| width * stretch).collect();
    }
    if least_sum >= room {
        return least.iter().map(|width| width * room / least_sum).collect();
    }
    let more = (room - least_sum) / (most_sum - least_sum).max(1.0);
    least.iter().zip(most).map(|(least, most)| least + (most - least) * more).collect()
}

/// The cells at their columns: a cell of several rows holds its columns in the rows under it.
fn placed(rows: &[Vec<Cell>]) -> Vec<Vec<Placed<'_>>> {
    let mut held: Vec<usize> = Vec::new();
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let mut column = 0;
        let mut placed = Vec::with_capacity(row.len());
        for cell in row {
            while held.get(column).is_some_and(|rows| *rows > 0) {
                column += 1;
            }
            let end = (column + cell.columns).min(MAX_COLUMNS * 4);
            if held.len() < end {
                held.resize(end, 0);
            }
            for rows in held.iter_mut().take(end).skip(column) {
                *rows = cell.rows.max(1);
            }
            placed.push(Placed { column, cell });
            column += cell.columns;
        }
        for rows in &mut held {
            *rows = rows.saturating_sub(1);
        }
        all.push(placed);
    }
    all
}
