//! Identities: one type each for brokers, partitions, producers and what belongs to them, and tables that only
//! the right identity opens.

use std::marker::PhantomData;
use std::num::NonZeroU32;
use std::ops::{Index, IndexMut};

/// A number that names one thing of its kind, counted from 0.
pub(super) trait Id: Copy {
    /// The identity with this number.
    fn at(index: usize) -> Self;
    /// Its number.
    fn index(self) -> usize;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        ///
        /// It is stored one higher, so that an `Option` of it takes no more room.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(NonZeroU32);

        impl $name {
            /// The identity with this number, from 0.
            #[must_use]
            #[inline]
            pub const fn new(number: u32) -> Self {
                Self(NonZeroU32::MIN.saturating_add(number))
            }
            /// Its number, from 0.
            #[must_use]
            #[inline]
            pub const fn number(self) -> u32 {
                self.0.get() - 1
            }
            /// Its number as an index, from 0.
            #[must_use]
            #[inline]
            pub const fn as_index(self) -> usize {
                self.number() as usize
            }
        }

        impl Id for $name {
            #[inline]
            fn at(index: usize) -> Self {
                Self::new(index as u32)
            }
            #[inline]
            fn index(self) -> usize {
                self.as_index()
            }
        }
    )+};
}

ids! {
    /// A broker of the cluster.
    BrokerId;
    /// A partition of the topic.
    PartitionId;
    /// A producer process of the workload.
    ProducerId;
    /// A slot for a record batch.
    BatchId;
    /// A slot for a produce request.
    RequestId;
    /// A consumer group.
    GroupId;
    /// A member of a consumer group, counted within its group.
    MemberId;
    /// A fetch session: what one member fetches from one broker.
    SessionId;
    /// A replica fetcher: one of the threads of a broker that copy from another one.
    FetcherId;
}

/// A table with one entry for each identity of a kind.
#[derive(Clone, Debug)]
pub(super) struct Slots<I, T> {
    items: Vec<T>,
    id: PhantomData<fn(I) -> I>,
}

impl<I, T> Default for Slots<I, T> {
    fn default() -> Self {
        Self::from(Vec::new())
    }
}

impl<I, T> From<Vec<T>> for Slots<I, T> {
    fn from(items: Vec<T>) -> Self {
        Self {
            items,
            id: PhantomData,
        }
    }
}

impl<I: Id, T> Slots<I, T> {
    /// A table of `count` entries that `make` gives.
    pub(super) fn build(count: u32, make: impl FnMut(I) -> T) -> Self {
        Self::from((0..count as usize).map(I::at).map(make).collect::<Vec<T>>())
    }

    /// Adds an entry and returns its identity.
    pub(super) fn push(&mut self, item: T) -> I {
        self.items.push(item);
        I::at(self.items.len() - 1)
    }

    /// How many entries there are.
    #[must_use]
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// How many entries there are, as numbers of identities count.
    #[must_use]
    #[inline]
    pub(super) fn count(&self) -> u32 {
        self.items.len() as u32
    }

    /// All identities, in ascending order.
    #[inline]
    pub(super) fn ids(&self) -> impl DoubleEndedIterator<Item = I> + use<I, T> {
        (0..self.items.len()).map(I::at)
    }

    /// The entry of an identity, if there is one.
    #[must_use]
    #[inline]
    pub(super) fn get(&self, id: I) -> Option<&T> {
        self.items.get(id.index())
    }

    /// The entry of an identity to change, if there is one.
    #[inline]
    pub(super) fn get_mut(&mut self, id: I) -> Option<&mut T> {
        self.items.get_mut(id.index())
    }

    /// All entries, in the order of their identities.
    pub(super) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.items.iter()
    }

    /// All entries to change, in the order of their identities.
    pub(super) fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.items.iter_mut()
    }

    /// All identities with their entries.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (I, &T)> {
        self.items
            .iter()
            .enumerate()
            .map(|(index, item)| (I::at(index), item))
    }

    /// All identities with their entries to change.
    pub(super) fn pairs_mut(&mut self) -> impl Iterator<Item = (I, &mut T)> {
        self.items
            .iter_mut()
            .enumerate()
            .map(|(index, item)| (I::at(index), item))
    }

    /// Makes the table at least `count` entries long.
    pub(super) fn grow(&mut self, count: u32, make: impl FnMut() -> T) {
        if self.items.len() < count as usize {
            self.items.resize_with(count as usize, make);
        }
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

/// A random stream that is drawn from in order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draws {
    /// The stream.
    pub stream: crate::engine::Stream,
    /// How many draws were made.
    pub made: u64,
}

impl Draws {
    /// A stream of which nothing was drawn.
    pub(super) fn new(stream: crate::engine::Stream) -> Self {
        Self { stream, made: 0 }
    }

    /// The next 64 random bits.
    pub(super) fn draw(&mut self) -> u64 {
        self.made += 1;
        self.stream.draw(self.made - 1)
    }

    /// The next number of at least 0 and below 1.
    pub(super) fn uniform(&mut self) -> f64 {
        self.made += 1;
        self.stream.uniform(self.made - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_of_an_identity_takes_no_more_room() {
        assert_eq!(size_of::<Option<BrokerId>>(), 4);
        assert_eq!(BrokerId::new(7).number(), 7);
        let mut table: Slots<BrokerId, char> = Slots::from(vec!['a', 'b']);
        assert_eq!(
            (table.push('c'), table[BrokerId::new(1)]),
            (BrokerId::new(2), 'b')
        );
    }
}
