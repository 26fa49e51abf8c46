//! Identities as types, and tables that only the right identity can index.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// An identity that counts from zero.
pub trait Id: Copy + Eq {
    /// The identity of place `index` in a table.
    fn from_index(index: usize) -> Self;
    /// The place in a table.
    fn index(self) -> usize;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident($number:ty);)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
            pub struct $name(pub $number);

            impl Id for $name {
                #[inline]
                fn from_index(index: usize) -> Self {
                    Self(index as $number)
                }
                #[inline]
                fn index(self) -> usize {
                    self.0 as usize
                }
            }
        )*
    };
}

ids! {
    /// A shard of the stream, numbered in the order in which shards were opened.
    ShardId(u32);
    /// A producer process.
    ProducerId(u32);
    /// A PutRecord or PutRecords request of a producer.
    RequestId(u32);
    /// A record of the stream that the KPL has made or is making.
    KplRecordId(u32);
    /// A consumer application.
    AppId(u16);
    /// A worker of a consumer application.
    WorkerId(u32);
    /// A split or merge that was started.
    ChangeId(u32);
    /// A fault of the scenario.
    FaultId(u32);
    /// A call of the operator in the scenario.
    CallId(u32);
}

impl fmt::Display for ShardId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shardId-{:012}", self.0)
    }
}

/// The number of a worker as reports show it, from 1.
impl fmt::Display for WorkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "worker {}", self.0 + 1)
    }
}

/// A table by identity.
#[derive(Clone, Debug)]
pub struct Slots<I, T> {
    items: Vec<T>,
    id: PhantomData<I>,
}

impl<I, T> Default for Slots<I, T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            id: PhantomData,
        }
    }
}

impl<I: Id, T> FromIterator<T> for Slots<I, T> {
    fn from_iter<Items: IntoIterator<Item = T>>(items: Items) -> Self {
        Self {
            items: items.into_iter().collect(),
            id: PhantomData,
        }
    }
}

impl<I: Id, T> Slots<I, T> {
    /// Adds an item and returns its identity.
    pub fn push(&mut self, item: T) -> I {
        self.items.push(item);
        I::from_index(self.items.len() - 1)
    }

    /// The number of items.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is no item.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The item, if there is one of this identity.
    #[must_use]
    pub fn get(&self, id: I) -> Option<&T> {
        self.items.get(id.index())
    }

    /// The item, to be changed, if there is one of this identity.
    pub fn get_mut(&mut self, id: I) -> Option<&mut T> {
        self.items.get_mut(id.index())
    }

    /// The identities of all items, in order; they borrow nothing.
    pub fn ids(&self) -> impl Iterator<Item = I> + use<I, T> {
        (0..self.items.len()).map(I::from_index)
    }

    /// All items in order.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.items.iter()
    }

    /// All items in order, to be changed.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.items.iter_mut()
    }

    /// All items with their identities.
    pub fn pairs(&self) -> impl Iterator<Item = (I, &T)> {
        self.items
            .iter()
            .enumerate()
            .map(|(index, item)| (I::from_index(index), item))
    }

    /// Makes sure that there is an item of this identity, with fresh ones before it.
    pub fn reach(&mut self, id: I, fresh: impl FnMut() -> T) -> &mut T {
        if self.items.len() <= id.index() {
            self.items.resize_with(id.index() + 1, fresh);
        }
        &mut self.items[id.index()]
    }
}

impl<I: Id, T> Index<I> for Slots<I, T> {
    type Output = T;
    #[inline]
    fn index(&self, id: I) -> &T {
        &self.items[id.index()]
    }
}

impl<I: Id, T> IndexMut<I> for Slots<I, T> {
    #[inline]
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.items[id.index()]
    }
}
