import { z } from 'zod'

/** Who can act: a user, an API key, a user as platform operator, or a task of Postern. */
export const actorKinds = ['person', 'api_key', 'operator', 'system'] as const
export type ActorKind = (typeof actorKinds)[number]

/** Who did something, as every answer shows it. */
export const ActorView = z
  .object({
    kind: z.enum(actorKinds).meta({
      description:
        'A user, an API key, a user who acted as a platform operator, or a task of Postern. More kinds may come.',
    }),
    id: z.string().nullable().meta({ description: 'Null for a task, and where no id was recorded.' }),
    label: z.string().meta({
      description: 'What to show: the email address, the name of the API key, or the name of the task.',
    }),
  })
  .meta({ id: 'Actor' })
export type ActorView = z.output<typeof ActorView>
