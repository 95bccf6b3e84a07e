//! The bounds of a sweep, for any sequence of turns.

#![expect(clippy::arithmetic_side_effects, reason = "small numbers")]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Sweep, SweepPlan, Visit};
use crate::time::UnixTime;

/// One turn: after so many seconds, over so many installations that are counted, of which every so many
/// is in use, and every so many answers.
#[derive(Debug, Clone)]
struct Played {
    after: u64,
    counted: u64,
    used: u32,
    answers: u32,
    /// A restart: what a new process knows is in the store.
    anew: bool,
}

fn played() -> impl Strategy<Value = Played> {
    let after = prop_oneof![3 => 1_u64..120, 2 => 120_u64..7_200, 1 => 7_200_u64..200_000];
    let counted = prop_oneof![3 => Just(300_u64), 1 => 0_u64..100_000];
    (
        after,
        counted,
        1_u32..4,
        1_u32..6,
        proptest::bool::weighted(0.05),
    )
        .prop_map(|(after, counted, used, answers, anew)| Played {
            after,
            counted,
            used,
            answers,
            anew,
        })
}

/// What is known of a site that does not answer: how often it did not, and when it may be asked.
#[derive(Default, Clone, Copy)]
struct Silent {
    failures: u32,
    until: u64,
}

/// What a site's pause is after so many failures, written another way than the plan does.
fn pause(every: u64, failures: u32) -> u64 {
    let first = every / 24;
    (1..failures)
        .fold(first, |pause, _| (pause * 2).min(every))
        .min(every)
}

proptest! {
    #[test]
    fn no_sequence_of_turns_asks_or_reads_more_than_the_plan_says(
        every in prop_oneof![Just(6_u64 * 3600), 0_u64..400_000],
        turns in proptest::collection::vec(played(), 1..60),
    ) {
        let plan = SweepPlan::new(every);
        let every = plan.every();
        let mut sweep = Sweep::new(plan);
        let mut answered: BTreeMap<u32, u64> = BTreeMap::new();
        let mut silent: BTreeMap<u32, Silent> = BTreeMap::new();
        let mut seconds = 1_000_000;
        for (number, turn) in turns.iter().enumerate() {
            seconds += turn.after;
            let now = UnixTime::EPOCH.plus(seconds);
            if turn.anew {
                sweep = Sweep::new(plan);
                silent.clear();
            }
            sweep.begin(turn.counted);
            let (mut asked, mut looked, mut passed, mut in_a_row) = (0_u64, 0_u64, 0_u64, 0_u32);
            'turn: loop {
                let from = sweep.cursor().map_or(0, |key| key + 1);
                for key in from..300 {
                    let in_use = key % turn.used == 0;
                    match sweep.visit(key, in_use, now) {
                        Visit::Stop => break 'turn,
                        Visit::Pass => passed += 1,
                        Visit::Look => {
                            prop_assert!(in_use);
                            let waits = silent.get(&key).copied().unwrap_or_default();
                            prop_assert!(seconds >= waits.until, "{key} is asked before its pause");
                            looked += 1;
                            let at = answered.get(&key).map(|at| UnixTime::EPOCH.plus(*at));
                            if !sweep.is_due(at, now) {
                                continue;
                            }
                            asked += 1;
                            let last = answered.get(&key).copied();
                            prop_assert!(last.is_none_or(|last| seconds - last >= every / 4 * 3));
                            prop_assert!(in_a_row < Sweep::<u32>::IN_A_ROW, "the platform is not well");
                            let answers = (key as usize + number).is_multiple_of(turn.answers as usize);
                            sweep.answered(&key, answers, now);
                            if answers {
                                in_a_row = 0;
                                answered.insert(key, seconds);
                                silent.remove(&key);
                            } else {
                                in_a_row += 1;
                                let failures = waits.failures + 1;
                                let until = seconds + pause(every, failures);
                                silent.insert(key, Silent { failures, until });
                            }
                        }
                    }
                }
                if !sweep.begins_again() {
                    break;
                }
            }
            prop_assert!(asked <= plan.asks(turn.counted));
            // the last one that is looked at may cost more than is left
            prop_assert!(looked * 8 + passed < (plan.visits(turn.counted) + 1) * 8);
        }
    }
}
