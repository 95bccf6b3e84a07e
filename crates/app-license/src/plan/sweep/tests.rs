#![expect(clippy::arithmetic_side_effects, reason = "small numbers")]

use std::collections::BTreeMap;

use super::{Sweep, SweepPlan, Visit};
use crate::time::UnixTime;

const DAY: u64 = 86_400;

fn at(seconds: u64) -> UnixTime {
    UnixTime::EPOCH.plus(1_000_000).plus(seconds)
}

/// One site: when it answered last, how often it was asked, when last.
#[derive(Default, Clone)]
struct Site {
    answered: Option<UnixTime>,
    asked: Vec<u64>,
    silent: bool,
}

/// Plays a turn as a shell does.
fn turn(sweep: &mut Sweep<u32>, sites: &mut BTreeMap<u32, Site>, seconds: u64) -> (usize, usize) {
    let count = sites.len() as u64;
    turn_among(sweep, sites, count, |_| true, seconds)
}

/// The same, where some are in use, and so many are counted.
fn turn_among(
    sweep: &mut Sweep<u32>,
    sites: &mut BTreeMap<u32, Site>,
    count: u64,
    in_use: impl Fn(u32) -> bool,
    seconds: u64,
) -> (usize, usize) {
    let now = at(seconds);
    let (mut asked, mut visited) = (0, 0);
    sweep.begin(count);
    'turn: loop {
        let from = sweep.cursor().map_or(0, |key| key + 1);
        for (key, site) in sites.range_mut(from..) {
            match sweep.visit(*key, in_use(*key), now) {
                Visit::Pass => visited += 1,
                Visit::Stop => break 'turn,
                Visit::Look => {
                    visited += 1;
                    if sweep.is_due(site.answered, now) {
                        asked += 1;
                        site.asked.push(seconds);
                        if !site.silent {
                            site.answered = Some(now);
                        }
                        sweep.answered(key, !site.silent, now);
                    }
                }
            }
        }
        if !sweep.begins_again() {
            break;
        }
    }
    (asked, visited)
}

fn sites(count: u32) -> BTreeMap<u32, Site> {
    (0..count).map(|key| (key, Site::default())).collect()
}

/// The longest time between two questions.
fn longest(site: &Site) -> u64 {
    let gaps = site.asked.windows(2).map(|pair| pair[1] - pair[0]);
    gaps.max().unwrap_or(u64::MAX)
}

#[test]
fn thirty_days_of_ten_thousand_installations_are_asked_in_time_and_at_an_even_pace() {
    let plan = SweepPlan::new(DAY);
    let mut sites = sites(10_000);
    let mut sweep = Sweep::new(plan);
    let mut seconds = 0;
    while seconds < 30 * DAY {
        let (asked, visited) = turn(&mut sweep, &mut sites, seconds);
        assert!(asked as u64 <= plan.asks(10_000), "{asked}");
        assert!(visited as u64 <= plan.visits(10_000), "{visited}");
        seconds += plan.turn();
        // each night the process is started anew
        if seconds % DAY == 0 {
            sweep = Sweep::new(plan);
        }
    }
    for (key, site) in &sites {
        // the first walk takes half the time, at twice the even pace
        assert!(
            site.asked[0] <= DAY / 2 + plan.turn(),
            "{key}: {:?}",
            site.asked
        );
        assert!(longest(site) <= DAY + DAY / 4, "{key}: {:?}", site.asked);
        assert!(site.asked.len() <= 41, "{key}: {}", site.asked.len());
    }
}

/// A store lists them, and does not count them: first all links, then all customers.
#[test]
fn two_links_beside_each_customer_delay_no_question() {
    const CUSTOMERS: u32 = 9000;
    let plan = SweepPlan::DEFAULT;
    let mut sites = sites(3 * CUSTOMERS);
    let mut sweep = Sweep::new(plan);
    let is_customer = |key| key >= 2 * CUSTOMERS;
    for minute in 0..3 * 1440 {
        let count = u64::from(CUSTOMERS);
        turn_among(&mut sweep, &mut sites, count, is_customer, minute * 60);
    }
    for (key, site) in sites {
        let in_time = longest(&site) <= plan.every() + 5 * plan.turn();
        assert_eq!(in_time, is_customer(key), "{key}: {:?}", site.asked);
    }
}

#[test]
fn sites_that_do_not_answer_are_left_alone_longer_and_longer() {
    let plan = SweepPlan::DEFAULT;
    let mut sites = sites(20);
    sites.get_mut(&7).unwrap().silent = true;
    let mut sweep = Sweep::new(plan);
    for minute in 0..3 * 1440 {
        turn(&mut sweep, &mut sites, minute * 60);
    }
    let asked = &sites[&7].asked;
    let gaps: Vec<u64> = asked.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(gaps[..5], [900, 1800, 3600, 7200, 14_400]);
    assert!(
        gaps[5..].iter().all(|gap| (21_600..21_900).contains(gap)),
        "{gaps:?}"
    );
    // the others are asked as ever
    assert!(
        sites
            .iter()
            .all(|(key, site)| *key == 7 || longest(site) <= 21_600)
    );
}

#[test]
fn a_platform_that_is_not_well_ends_the_turn_and_doubles_the_pause() {
    let plan = SweepPlan::DEFAULT;
    let mut sites = sites(10_000);
    sites.values_mut().for_each(|site| site.silent = true);
    let mut sweep = Sweep::new(plan);
    let pause = |sweep: &Sweep<u32>| sweep.pause().jitter.as_secs();
    assert_eq!(pause(&sweep), 60);
    let mut pauses = Vec::new();
    let mut seconds = 0;
    for _ in 0..8 {
        assert_eq!(turn(&mut sweep, &mut sites, seconds).0, 5);
        pauses.push(pause(&sweep));
        seconds += pause(&sweep);
        // the lease outlives the longest rest
        let rest = sweep.pause().at_least + sweep.pause().jitter;
        assert!(sweep.is_slowed() && sweep.rest_lease(rest) > rest.as_secs());
    }
    assert_eq!(pauses, [120, 240, 480, 960, 1920, 3600, 3600, 3600]);
    // one that answers ends it
    sites.values_mut().for_each(|site| site.silent = false);
    assert_eq!(turn(&mut sweep, &mut sites, seconds).0, 56);
    assert_eq!(pause(&sweep), 60);
    assert!(!sweep.is_slowed());
}

#[test]
fn a_sweep_that_begins_anew_skips_what_was_asked_already() {
    let plan = SweepPlan::DEFAULT;
    let mut sites = sites(150);
    let mut sweep = Sweep::new(plan);
    for minute in 0..70 {
        turn(&mut sweep, &mut sites, minute * 60);
    }
    let before: Vec<_> = sites.values().map(|site| site.asked.len()).collect();
    assert_eq!(before.iter().sum::<usize>(), 70);
    let mut sweep = Sweep::new(plan);
    // one question a minute, for those that had none
    for minute in 70..150 {
        turn(&mut sweep, &mut sites, minute * 60);
    }
    assert!(sites.values().all(|site| site.asked.len() == 1));
}

#[test]
fn sweeps_of_one_turn_each_come_to_see_all_where_they_begin_anywhere() {
    const SITES: u32 = 2000;
    let plan = SweepPlan::DEFAULT;
    let unasked = |begin: fn(u64) -> Option<u32>| {
        let mut sites = sites(SITES);
        let mut random = 1_u64;
        for minute in 0..1440 {
            let mut sweep = Sweep::new(plan);
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            if let Some(key) = begin(random >> 33) {
                sweep.begin_behind(key);
            }
            turn(&mut sweep, &mut sites, minute * 60);
        }
        sites.values().filter(|site| site.asked.is_empty()).count()
    };
    assert_eq!(unasked(|_| None), 1900, "the first hundred alone are seen");
    let anywhere = |random| Some((random % u64::from(SITES)) as u32);
    assert_eq!(unasked(anywhere), 0);
}

#[test]
fn an_installation_out_of_use_is_passed_by() {
    let mut sweep = Sweep::new(SweepPlan::DEFAULT);
    sweep.begin(2);
    assert_eq!(sweep.visit(1, false, at(0)), Visit::Pass);
    assert_eq!(sweep.visit(2, true, at(0)), Visit::Look);
    assert!(sweep.is_due(None, at(0)));
    // a turn of two installations has one question
    assert_eq!(sweep.visit(3, true, at(0)), Visit::Stop);
    assert_eq!(sweep.cursor(), Some(&2));
    // a clock that was set back asks again rather than never
    assert!(sweep.is_due(Some(at(10)), at(0)));
}

#[test]
fn a_pause_that_a_wrong_clock_began_ends_when_the_clock_is_set_right() {
    let mut sites = sites(1);
    sites.values_mut().for_each(|site| site.silent = true);
    let mut sweep = Sweep::new(SweepPlan::DEFAULT);
    assert_eq!(turn(&mut sweep, &mut sites, 30 * DAY).0, 1);
    assert_eq!(turn(&mut sweep, &mut sites, 0).0, 1);
    // its own pause counts
    assert_eq!(turn(&mut sweep, &mut sites, 60).0, 0);
}
