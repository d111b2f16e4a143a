// The API's types by the names that pages know them by.
import type { Schemas } from "./contract";

export interface Page<T> { data: T[]; next?: string | number | null }
export type User = Schemas["Person"];
export type Session = Schemas["Session"];
export type Named = Schemas["Named"];
export type Source = Schemas["Source"];
export type Health = Schemas["Health"];
export type Destination = Schemas["Destination"];
export type Field = Schemas["Field"];
export type CatalogType = Schemas["CatalogType"];
export type Trial = Schemas["Trial"];
export type Delivery = Schemas["Delivery"];
export type Attempt = Schemas["Attempt"];
export type Story = Schemas["Story"];
export type Rendering = Schemas["Rendering"];
export type Preview = Schemas["Preview"];
export type Lookup = Schemas["Lookup"];
export type EventRow = Schemas["EventRow"] & { message?: Schemas["EventWithMessage"]["message"] };
export type Rejected = Schemas["Rejected"];
export type SourceEventRow = Schemas["SourceEventRow"];
export type DestinationEventRow = Schemas["DestinationEventRow"];
export type Status = Schemas["Status"];
export type Change = Schemas["Change"];
export type Token = Schemas["Token"];
export type Identifier = Schemas["Identifier"];
export type PersonRow = Schemas["PersonRow"];
export type Attention = Schemas["Attention"];
export type Overview = Schemas["Overview"];
export type Action = Schemas["Action"];
export type Role = Schemas["Action"]["role"];
export type Member = Schemas["Member"];
export type Invitation = Schemas["Invitation"];
export type Login = Schemas["SessionRow"];
export type Keep = Schemas["Kept"];
export type Retention = Schemas["Retention"];
export type About = Schemas["About"];
export type FailedGroup = Schemas["FailedRow"];
export type WouldForget = Schemas["WouldForget"];
export type ForgottenRecord = Schemas["ForgottenRecord"];
export type Check = Schemas["Check"];
export type CheckedEvent = Schemas["CheckedEvent"];
export type CheckedProperty = Schemas["CheckedProperty"];
/** Which names pass, and as what; `*` stands for any characters. */
export interface NameFilter { allow?: string[] | null; deny?: string[] | null; rename?: Record<string, string> }
export type Contact = Schemas["ContactRow"];
export type MailingList = Schemas["MailingList"];
export type Definition = Schemas["Definition"];
export type LogRow = Schemas["LogRow"];
