/** Members of the bodies of resources, as TypeBox has them. Azure's clients send null for what they leave out. */
import Type, { type TSchema } from 'typebox';

/** What every object of ours says: an unknown member is refused by name. */
export const CLOSED = { additionalProperties: false } as const;

/** A member that is answered, and that clients send back: taken and left aside. */
export const answered = (): TSchema => Type.Optional(Type.Unknown({ readOnly: true }));

/** What may be left out, or null. */
export const maybe = (schema: TSchema): TSchema => Type.Optional(Type.Union([schema, Type.Null()]));

/** A text. */
export const text = (): TSchema => maybe(Type.String());

/** What is not built: it may be there, and empty or off. */
export const off = (...taken: readonly (string | boolean | number)[]): TSchema =>
  maybe(
    Type.Union([
      ...taken.map((value) => Type.Literal(value)),
      Type.Object({}, CLOSED),
      Type.Array(Type.Unknown(), { maxItems: 0 }),
    ]),
  );

/** An object with these members and no others. */
export const object = (members: Readonly<Record<string, TSchema>>): TSchema => maybe(Type.Object(members, CLOSED));
