//! Two misfortunes everybody trains on: a failing industry and a guarantee circle.

use super::behaviour::Behaviour;
use super::people::Customer;
use crate::random::Random;
use units::Date;

/// The industry and place that deteriorate in the last year: textiles in the sixth branch's region.
const FAILING: (&str, &str) = ("C17", "320600");

/// Companies in the circle; the first falls and pulls the next two after it.
const CIRCLE: usize = 5;

pub fn tell(customers: &mut [Customer], seed: u64, through: Date) {
    failing_industry(customers, seed, through);
    guarantee_circle(customers, through);
}

fn failing_industry(customers: &mut [Customer], seed: u64, through: Date) {
    for (place, customer) in customers.iter_mut().enumerate() {
        let in_it = customer.industry.is_some_and(|industry| industry.code == FAILING.0);
        if !in_it || customer.place.region != FAILING.1 {
            continue;
        }
        let mut random = Random::stream(seed, "failing_industry", place as u64);
        // The later, the more of them: a decline, not a blow.
        let since = through - random.skewed(20, 300) as i32;
        customer.behaviour = match random.below(100) {
            0..25 => Behaviour::Failing { since },
            25..60 => Behaviour::Squeezed { since },
            _ => customer.behaviour,
        };
    }
}

/// Medium companies of one place guarantee for each other (互保圈): each for the one before it.
fn guarantee_circle(customers: &mut [Customer], through: Date) {
    let medium = |customer: &Customer| customer.product.kind == "corporate" && customer.product.scale == "medium";
    let Some(place) = customers.iter().find(|customer| medium(customer)).map(|customer| &customer.place.region) else {
        return;
    };
    let members: Vec<usize> = (0..customers.len())
        .filter(|&index| medium(&customers[index]) && customers[index].place.region == *place)
        .take(CIRCLE)
        .collect();
    if members.len() < 3 {
        return; // two firms guaranteeing each other are no circle
    }
    for (index, &member) in members.iter().enumerate() {
        customers[member].guaranteed_by = Some(members[(index + 1) % members.len()]);
        customers[member].behaviour = match index {
            0 => Behaviour::Failing { since: through - 280 },
            1 => Behaviour::Failing { since: through - 160 },
            2 => Behaviour::Squeezed { since: through - 90 },
            _ => Behaviour::Forgetful,
        };
    }
}
