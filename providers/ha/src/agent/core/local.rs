//! What is on this server itself: made active under a lease only, given up last first.

use std::time::Duration;

use super::super::event::{AZ_MONITOR, Action, Level, Ticket};
use super::Agent;
use super::state::{Local, Phase, Release, Then, WatchState, after, last_resort};
use crate::address::HostAction;
use crate::group::FinalAction;

/// Pause before what cannot be made inactive is tried again.
const STUCK_PAUSE: Duration = Duration::from_secs(5);

impl Agent {
    pub(super) fn local_wanted(&mut self, group: &str, resource: &str, action: HostAction, ticket: Ticket) {
        let refuse = |reason: &str| Action::Refuse { ticket, reason: reason.to_owned() };
        let Some(state) = self.groups.get_mut(group).filter(|it| it.local(resource).is_some()) else {
            self.out.push(refuse("this server has no such resource"));
            return;
        };
        let fits = match action {
            HostAction::Deactivate => matches!(state.phase, Phase::Stopping | Phase::Taking | Phase::Recovering),
            _ => matches!(state.phase, Phase::Taking | Phase::Recovering),
        };
        let held = state.tenure.held.is_some_and(|it| !it.is_late(self.now));
        if !fits || !state.running {
            self.out.push(refuse("the group is not on its way here"));
        } else if !held && action != HostAction::Deactivate {
            self.out.push(refuse("this server does not have the lease"));
        } else {
            let doing = if action == HostAction::Deactivate { Local::Ending(0) } else { Local::Starting };
            state.set_local(resource, doing);
            let (group, resource) = (group.to_owned(), resource.to_owned());
            self.out.push(Action::Local { group, resource, action, ticket: Some(ticket) });
        }
    }

    pub(super) fn local_ended(&mut self, group: &str, resource: &str, action: HostAction, result: Result<(), String>) {
        let settings = self.settings.group(group).and_then(|it| it.resource(resource));
        let retries = settings.map_or(0, |it| it.deactivation.retry);
        let now = self.now;
        let Some(state) = self.groups.get_mut(group) else { return };
        let ending = action == HostAction::Deactivate;
        match (state.local(resource), &result) {
            // What was broken off has ended late; what came after it counts.
            (Some(Local::Starting), _) if ending => return,
            (Some(Local::Ending(_) | Local::Stuck(_)), _) if !ending => return,
            (None, _) => return,
            (_, Ok(())) => state.set_local(resource, after(action)),
            // What failed half-way may be there in part; Unknown is given up like what is active.
            (_, Err(_)) if !ending => state.set_local(resource, Local::Unknown),
            (Some(Local::Ending(done)), Err(_)) if done < retries => state.set_local(resource, Local::Ending(done + 1)),
            (_, Err(_)) => state.set_local(resource, Local::Stuck(now + STUCK_PAUSE)),
        }
        let (doing, releasing) = (state.local(resource), matches!(state.phase, Phase::Releasing(_)));
        self.news = true;
        let Err(reason) = result else { return };
        let verb = if ending { "deactivating" } else { "activating" };
        let event = if ending { "deactivation_failed" } else { "activation_failed" };
        self.log(event, Level::Error, Some(group), &format!("{verb} {resource}: {reason}"));
        match doing {
            Some(Local::Ending(_)) if releasing => self.give_up(group, resource),
            Some(Local::Stuck(_)) if releasing => self.resort(group, resource),
            _ => {}
        }
    }

    /// Goes on with giving up what is here, last first; then does what comes after it.
    pub(super) fn step_release(&mut self, group: &str) {
        let Phase::Releasing(release) = &self.state(group).phase else { return };
        let release = release.clone();
        let wanted = |name: &str| release.only.as_ref().is_none_or(|only| only == name);
        let here = self.state(group).locals.iter().rev().filter(|(name, _)| wanted(name));
        let next = here.map(|(name, it)| (name.clone(), *it)).find(|(_, it)| *it != Local::Inactive);
        let Some((name, local)) = next else { return self.released(group, release) };
        if release.only.is_none() && release.gone.is_some_and(|gone| self.now >= gone) {
            // Nothing else keeps two servers apart now.
            self.resort(group, &name);
        }
        match local {
            Local::Ending(_) => {}
            Local::Stuck(until) if self.now < until => {}
            _ => {
                self.with(group, |it| it.set_local(&name, Local::Ending(0)));
                self.give_up(group, &name);
            }
        }
    }

    fn give_up(&mut self, group: &str, resource: &str) {
        let (group, resource) = (group.to_owned(), resource.to_owned());
        self.out.push(Action::Local { group, resource, action: HostAction::Deactivate, ticket: None });
    }

    /// What the settings say for what cannot be given up: a server that cannot let go must not go on.
    fn resort(&mut self, group: &str, resource: &str) {
        if self.ended {
            return;
        }
        let action = self.settings.group(group).map_or(FinalAction::Shutdown, |it| last_resort(it, resource));
        let message = format!("{resource} cannot be given up");
        match action {
            FinalAction::None | FinalAction::StopGroup => self.say("stuck", group, &message),
            action => {
                self.log("final_action", Level::Error, Some(group), &message);
                self.ended = true;
                self.out.push(Action::End(action));
            }
        }
    }

    /// All is given up.
    fn released(&mut self, group: &str, release: Release) {
        let began = self.started == self.now && matches!(release.then, Then::Nothing);
        match release.then {
            Then::Again(work) => {
                self.enter(group, Phase::Recovering);
                return self.begin(group, work);
            }
            Then::HandOn(to) if self.state(group).tenure.held.is_some() => {
                self.with(group, |it| {
                    it.tenure.going = true;
                    it.tenure.holder = None;
                });
                self.out.push(Action::HandOn { group: group.to_owned(), to });
            }
            Then::GiveBack(holder) if self.state(group).tenure.held.is_some() => {
                let holder = self.state(group).tenure.holder.clone().unwrap_or(holder);
                self.with(group, |it| {
                    it.tenure.going = true;
                    it.tenure.holder = None;
                });
                self.out.push(Action::GiveBack { group: group.to_owned(), holder });
            }
            Then::Nothing | Then::HandOn(_) | Then::GiveBack(_) => {}
        }
        self.enter(group, Phase::Idle);
        self.with(group, |it| {
            it.degraded = false;
            it.pending = false;
            // Failovers count until all is well: a group that fails everywhere does not go round for ever.
            for (_, watch) in it.watches.iter_mut().filter(|(name, _)| *name != AZ_MONITOR) {
                *watch = WatchState { failovers: watch.failovers, ..WatchState::default() };
            }
        });
        if !began && !self.state(group).locals.is_empty() {
            self.log("given_up", Level::Info, Some(group), "nothing of the group is active here");
        }
    }
}
