//! Which relationships of a controller are on which road.

use varanto_domain::ids::Oid;
use varanto_domain::relationship::Road;
use varanto_domain::time::FinnishDay;

use crate::engine::params;
use crate::{ReadTx, StoreError};

/// How many relationships of a controller are on which road. Those that have ended, and old ones, stay where
/// they are: nothing begins in them any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RoadCounts {
    /// Active, on the short road.
    pub short: u64,
    /// Active, on the long road.
    pub long: u64,
    /// Ended, or old.
    pub resting: u64,
}

impl ReadTx<'_> {
    /// Counts a controller's relationships by road, on a day.
    pub fn count_roads(&self, controller: &Oid, day: FinnishDay) -> Result<RoadCounts, StoreError> {
        const SQL: &str = "SELECT count(*) FILTER (WHERE active AND road = 0),
            count(*) FILTER (WHERE active AND road = 1), count(*) FILTER (WHERE NOT active)
            FROM (SELECT road, old = 0 AND (last_day IS NULL OR last_day >= ?2) AS active
            FROM relationship WHERE controller = ?1) AS kept";
        let Some(term) = self.find_term(controller.as_str())? else {
            return Ok(RoadCounts::default());
        };
        let counts: [i64; 3] = self.one(SQL, params![term, day.number()], |row| {
            Ok([row.get(0)?, row.get(1)?, row.get(2)?])
        })?;
        let [short, long, resting] = counts.map(i64::unsigned_abs);
        Ok(RoadCounts { short, long, resting })
    }

    /// At most `most` keys of a controller's active relationships on a road, those above a key.
    pub fn list_on_road(
        &self,
        controller: &Oid,
        road: Road,
        day: FinnishDay,
        (above, most): (i64, usize),
    ) -> Result<Vec<i64>, StoreError> {
        const SQL: &str = "SELECT relationship_key FROM relationship
            WHERE relationship_key > ?1 AND controller = ?2 AND road = ?3 AND old = 0
            AND (last_day IS NULL OR last_day >= ?4) ORDER BY relationship_key LIMIT ?5";
        let Some(term) = self.find_term(controller.as_str())? else { return Ok(Vec::new()) };
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let bound = params![above, term, road as i64, day.number(), most];
        self.all(SQL, bound, |row| row.get(0))
    }
}
