//! `streamduel size`: the cheapest configuration of each family that holds every claim.

pub mod aws;
