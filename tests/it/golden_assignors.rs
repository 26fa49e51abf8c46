//! Consumer group assignments: those of Kafka's own assignors, step by step, and what must hold of
//! any group.

use crate::golden::{is_there, judge, path};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;
use streamduel::platform::kafka::assignor::{Assignor, Member, Topic, TopicPartition};

/// What each member has, by names: "t0-3" is partition 3 of topic t0.
type Held = BTreeMap<String, Vec<String>>;

fn object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().expect("an object").iter()
}

fn strings(value: &Value) -> Vec<String> {
    value
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| item.as_str().expect("a string").to_owned())
        .collect()
}

fn held(value: &Value) -> Held {
    object(value)
        .map(|(member, list)| (member.clone(), strings(list)))
        .collect()
}

fn sorted(held: &Held) -> Held {
    let number = |name: &String| {
        let (topic, partition) = name.rsplit_once('-').expect("a partition");
        (
            topic.to_owned(),
            partition.parse::<u32>().expect("a number"),
        )
    };
    let mut sorted = held.clone();
    sorted
        .values_mut()
        .for_each(|list| list.sort_by_key(number));
    sorted
}

fn topics_of(step: &Value) -> Vec<Topic> {
    let count = |value: &Value| u32::try_from(value.as_u64().expect("a count")).expect("small");
    object(&step["topics"])
        .map(|(name, value)| Topic {
            name: name.clone(),
            partitions: count(value),
        })
        .collect()
}

fn member_of(id: &str, value: &Value, before: &Held, topics: &[Topic], generation: i32) -> Member {
    let place = |name: &str| topics.iter().position(|topic| topic.name == name);
    let numbered = |name: &String| {
        let (topic, partition) = name.rsplit_once('-').expect("a partition");
        let partition = partition.parse().expect("a number");
        place(topic).map(|topic| TopicPartition {
            topic: topic as u32,
            partition,
        })
    };
    let owned = before.get(id);
    Member {
        instance: value["instance"].as_str().map(str::to_owned),
        owned: owned.into_iter().flatten().filter_map(numbered).collect(),
        generation: if owned.is_some() { generation } else { -1 },
        ..Member::new(id, strings(&value["topics"]))
    }
}

/// One call of the assignor, by names.
fn assign(assignor: Assignor, step: &Value, before: &Held, generation: i32) -> Held {
    let topics = topics_of(step);
    let members: Vec<Member> = object(&step["members"])
        .map(|(id, value)| member_of(id, value, before, &topics, generation))
        .collect();
    let named =
        |held: &TopicPartition| format!("{}-{}", topics[held.topic as usize].name, held.partition);
    let given = assignor.assign(&topics, &members);
    assert_eq!(given.len(), members.len());
    let lists = given.iter().map(|list| list.iter().map(named).collect());
    members
        .iter()
        .map(|member| member.id.clone())
        .zip(lists)
        .collect()
}

/// Whether some member of the new assignment has lost something.
fn revokes(before: &Held, after: &Held) -> bool {
    after.iter().any(|(member, now)| {
        before
            .get(member)
            .into_iter()
            .flatten()
            .any(|held| !now.contains(held))
    })
}

fn holders(held: &Held) -> BTreeMap<&str, &str> {
    held.iter()
        .flat_map(|(member, list)| list.iter().map(|name| (name.as_str(), member.as_str())))
        .collect()
}

/// The differences and moves that a step tells.
fn check_derived(name: &str, step: &Value, before: &Held, after: &Held) {
    let loads = || after.values().map(Vec::len);
    let spread = loads().max().unwrap_or(0) - loads().min().unwrap_or(0);
    assert_eq!(
        Some(spread as u64),
        step["spread"].as_u64(),
        "{name}: spread"
    );
    let (Some(kept), Some(moved)) = (
        step["kept"].as_u64(),
        step["moved_between_live_members"].as_u64(),
    ) else {
        return;
    };
    let (old, new) = (holders(before), holders(after));
    let count = |wanted: &dyn Fn(&str, &str) -> bool| {
        new.iter()
            .filter(|(name, now)| old.get(*name).is_some_and(|was| wanted(was, now)))
            .count() as u64
    };
    assert_eq!(count(&|was, now| was == now), kept, "{name}: kept");
    assert_eq!(
        count(&|was, now| was != now && after.contains_key(was)),
        moved,
        "{name}: moved"
    );
}

/// Runs the steps of a case, a cooperative one round by round.
fn run(case: &Value) {
    let name = case["name"].as_str().expect("a name");
    let word = case["assignor"].as_str().expect("an assignor");
    let assignor = Assignor::ALL
        .into_iter()
        .find(|other| other.word() == word)
        .expect("known");
    let mut now = Held::new();
    let mut generation = 0;
    for (number, step) in case["steps"].as_array().expect("steps").iter().enumerate() {
        let name = format!("{name}, step {number}");
        let start = now.clone();
        let mut rounds = Vec::new();
        loop {
            let next = assign(assignor, step, &now, generation);
            let again = assignor == Assignor::CooperativeSticky && revokes(&now, &next);
            now = next;
            generation += 1;
            rounds.push(sorted(&now));
            assert!(rounds.len() < 10, "{name}: no end");
            if !again {
                break;
            }
        }
        if let Some(expected) = step["expect_rounds"].as_array() {
            assert_eq!(
                rounds,
                expected.iter().map(held).collect::<Vec<Held>>(),
                "{name}: rounds"
            );
        }
        assert_eq!(sorted(&now), held(&step["expect"]), "{name}");
        check_derived(&name, step, &start, &now);
    }
}

#[test]
fn assignors_answer_like_those_of_kafka() {
    let file = "kafka-assignors.json";
    if !is_there(file) {
        return;
    }
    let text = std::fs::read_to_string(path(file)).expect("the golden file");
    let all: Value = serde_json::from_str(&text).expect("JSON");
    let cases = all["cases"].as_array().expect("cases");
    assert!(!cases.is_empty());
    judge(file, cases, run);
}

#[test]
fn a_group_of_ten_thousand_is_assigned_by_every_assignor() {
    let topics = [Topic {
        name: "t".to_owned(),
        partitions: 20_000,
    }];
    for assignor in Assignor::ALL {
        let mut members: Vec<Member> = (0..10_000)
            .map(|n| Member::new(format!("m{n:05}"), vec!["t".to_owned()]))
            .collect();
        let first = assignor.assign(&topics, &members);
        assert!(first.iter().all(|list| list.len() == 2));
        for (member, list) in members.iter_mut().zip(first) {
            (member.owned, member.generation) = (list, 1);
        }
        members.remove(5_000);
        let second = assignor.assign(&topics, &members);
        assert!(second.iter().all(|list| list.len() == 2 || list.len() == 3));
        let keeps = members
            .iter()
            .zip(&second)
            .filter(|(member, list)| list.starts_with(&member.owned));
        let sticky = matches!(assignor, Assignor::Sticky | Assignor::CooperativeSticky);
        assert_eq!(
            keeps.count() == members.len(),
            sticky,
            "{}",
            assignor.word()
        );
    }
}

/// What holds of a finished assignment: each partition of a topic that somebody takes is at exactly
/// one of its subscribers.
fn check_complete(topics: &[Topic], members: &[Member], given: &[Vec<TopicPartition>]) {
    let mut all = Vec::new();
    for (member, list) in members.iter().zip(given) {
        assert!(
            list.iter()
                .all(|held| member.topics.contains(&topics[held.topic as usize].name))
        );
        all.extend(list.iter().copied());
    }
    all.sort_unstable();
    let taken = |topic: &Topic| {
        members
            .iter()
            .any(|member| member.topics.contains(&topic.name))
    };
    let expected: Vec<TopicPartition> = (0..)
        .zip(topics)
        .filter(|(_, topic)| taken(topic))
        .flat_map(|(place, topic)| {
            (0..topic.partitions).map(move |partition| TopicPartition {
                topic: place,
                partition,
            })
        })
        .collect();
    assert_eq!(all, expected);
}

/// Nobody has two more than a member that could take one of them.
fn check_even(topics: &[Topic], members: &[Member], given: &[Vec<TopicPartition>]) {
    for (rich, held) in given
        .iter()
        .flat_map(|list| list.iter().map(move |held| (list.len(), held)))
    {
        let name = &topics[held.topic as usize].name;
        for (member, list) in members.iter().zip(given) {
            assert!(
                !member.topics.contains(name) || list.len() + 1 >= rich,
                "{given:?}"
            );
        }
    }
}

/// Which topics a member takes, bit by bit, what it had, and in which generation.
type Drawn = (u32, Vec<(u32, u32)>, i32);

/// Topics not sorted by name, members not sorted by id, with any subscriptions and any memories.
fn groups() -> impl Strategy<Value = (Vec<Topic>, Vec<Member>)> {
    let counts = prop::collection::vec(0_u32..7, 4);
    let owned = prop::collection::vec((0_u32..5, 0_u32..8), 0..8);
    let members = prop::collection::vec((0_u32..16, owned, -1_i32..3), 1..7);
    (counts, members, any::<bool>()).prop_map(|(counts, members, equal)| {
        let names = ["t2", "t10", "t1", "t0"];
        let topics: Vec<Topic> = names
            .iter()
            .zip(counts)
            .map(|(name, partitions)| Topic {
                name: (*name).to_owned(),
                partitions,
            })
            .collect();
        let all = members[0].0;
        let count = members.len();
        let member = |(n, (set, owned, generation)): (usize, Drawn)| {
            let set = if equal { all } else { set };
            let subscribed = (0..4)
                .filter(|bit| set >> bit & 1 == 1)
                .map(|bit| names[bit].to_owned());
            let held = |(topic, partition)| TopicPartition { topic, partition };
            Member {
                owned: owned.into_iter().map(held).collect(),
                generation,
                ..Member::new(format!("m{}", count - n), subscribed.collect())
            }
        };
        (
            topics,
            members.into_iter().enumerate().map(member).collect(),
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_partition_finds_one_subscriber((topics, members) in groups()) {
        for assignor in [Assignor::Range, Assignor::RoundRobin, Assignor::Sticky] {
            check_complete(&topics, &members, &assignor.assign(&topics, &members));
        }
    }

    #[test]
    fn sticky_loads_are_even_and_stay((topics, mut members) in groups()) {
        for assignor in [Assignor::Sticky, Assignor::CooperativeSticky] {
            let mut given = assignor.assign(&topics, &members);
            for generation in 10..14 {
                for (member, list) in members.iter_mut().zip(&given) {
                    (member.owned, member.generation) = (list.clone(), generation);
                }
                let next = assignor.assign(&topics, &members);
                for (before, after) in given.iter().zip(&next) {
                    prop_assert!(before.iter().all(|held| after.contains(held)), "something moved again");
                }
                given = next;
            }
            check_complete(&topics, &members, &given);
            check_even(&topics, &members, &given);
        }
    }
}
