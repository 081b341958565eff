import { createFindLonely } from '../../src/expiry/recipient-store.ts'
import { findReachableContacts } from '../../src/notifications/mail-contact-store.ts'
import { findTeamAddress } from '../../src/notifications/notification-settings-store.ts'
import { createSubscriptionStore, findUnsubscribed } from '../../src/notifications/subscription-store.ts'
import { createUnsubscribeTokens } from '../../src/notifications/unsubscribe-links.ts'
import type { Database } from '../../src/storage/database.ts'

/** What the recipients of letters are found with, as the portal joins it. */
export const recipientNeeds = { findReachable: findReachableContacts, findUnsubscribed, findTeamAddress }

/** Who wants emails, as the portal has it, with a key of the tests. */
export const createTestSubscriptions = (database: Database) =>
  createSubscriptionStore({
    database,
    tokenOf: createUnsubscribeTokens('a session key of the tests'),
    findLonely: createFindLonely(recipientNeeds),
  })
