/** How many calls may ask a provider again at one time: a fifth of those that run, and three at least, so that an outage is not made worse. */

export interface Repeats {
  mayTake(): boolean
  take(): void
  giveBack(): void
}

const leastPlaces = 3
const share = 0.2

export function createRepeats(active: () => number): Repeats {
  let taken = 0
  return {
    mayTake: () => taken < Math.max(leastPlaces, Math.floor(active() * share)),
    take() {
      taken += 1
    },
    giveBack() {
      taken -= 1
    },
  }
}
