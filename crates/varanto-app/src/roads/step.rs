//! On which road a controller is: a step between the roads is a line of the use log.

use varanto_domain::access::log::Outcome;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;
use varanto_domain::relationship::{RoadState, RoadStep, Roads};
use varanto_domain::time::FinnishDay;
use varanto_store::{ReadTx, RoadCounts, StoreError};

use crate::administer::{LoadError, administration};
use crate::{App, AppError};

/// Where a controller is between the roads, and its relationships.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoadTold {
    /// The controller.
    pub controller: Oid,
    /// Where it is.
    pub state: RoadState,
    /// How many relationships are on which road.
    pub counts: RoadCounts,
}

/// Where a controller is after a step, or why it cannot be made. Two steps at once are judged one after the
/// other, in the transaction that logs them.
fn judge_step(
    tx: &ReadTx<'_>,
    controller: &Oid,
    step: RoadStep,
    known: bool,
    today: FinnishDay,
) -> Result<Result<RoadTold, Fault>, StoreError> {
    if !known {
        let fault = Fault::new(FaultKind::NoController, "controller", "REL-7");
        return Ok(Err(fault.value(controller.as_str())));
    }
    let counts = tx.count_roads(controller, today)?;
    if step == RoadStep::Confirm && counts.short > 0 {
        let left = Fault::new(FaultKind::RelationshipsLeft, "step", "REL-7");
        return Ok(Err(left.arg("count", counts.short)));
    }
    let state = roads_in_log(tx)?.of_controller(controller).after(step, today);
    Ok(state.map(|state| RoadTold { controller: controller.clone(), state, counts }))
}

/// What the steps in the log come to.
pub(crate) fn roads_in_log(tx: &ReadTx<'_>) -> Result<Roads, StoreError> {
    let lines = tx.administered(RoadStep::DETAIL)?;
    Ok(Roads::of(lines.iter().filter_map(|line| RoadStep::read(line))))
}

impl App {
    /// Makes a step of a controller between the roads.
    ///
    /// # Errors
    /// [`LoadError::Faults`] with the reason why not: it is no controller, it has not begun, it is confirmed
    /// already, or relationships are left that were to be moved before it is.
    ///
    /// Source: REL-7.
    pub fn step_road(&self, controller: &Oid, step: RoadStep) -> Result<RoadTold, LoadError> {
        let now = self.clock.now();
        let registry = self.registry();
        let of = controller.clone();
        let known = registry.registers().organisation(controller).is_some_and(|one| one.controller);
        let told = self.store.write::<_, AppError>(move |tx| {
            match judge_step(tx, &of, step, known, FinnishDay::of(now))? {
                Ok(told) => {
                    tx.log(&administration(now, &step.detail(&of)))?;
                    tx.tell_others()?;
                    Ok(Ok(told))
                }
                Err(fault) => {
                    let mut line = administration(now, &format!("no {}", step.detail(&of)));
                    line.outcome = Outcome::Refused(vec![fault.code()]);
                    tx.log(&line)?;
                    Ok(Err(fault))
                }
            }
        })?;
        let told = told.value.map_err(|fault| LoadError::Faults(vec![fault]))?;
        self.registry.refresh(&self.store)?;
        Ok(told)
    }

    /// Where a controller is between the roads, and how many of its relationships are on which.
    ///
    /// Source: REL-7.
    pub fn tell_road(&self, controller: &Oid) -> Result<RoadTold, AppError> {
        let today = FinnishDay::of(self.clock.now());
        self.store.read(|tx| {
            Ok(RoadTold {
                controller: controller.clone(),
                state: roads_in_log(tx)?.of_controller(controller),
                counts: tx.count_roads(controller, today)?,
            })
        })
    }
}
