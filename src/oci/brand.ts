declare const brand: unique symbol;

/** A value of type `T` that has passed the parser named `Name`; only that parser makes one. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
