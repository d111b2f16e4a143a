import { useQuery } from "@tanstack/react-query";
import { type Delivery, get, type Page } from "../api";
import { Card, Heading, useTitle, Waiting } from "../ui";
import { DeliveryTable } from "./destination";

export default function Failed() {
  useTitle("Failed events");
  const { data } = useQuery({ queryKey: ["failed"], queryFn: () => get<Page<Delivery>>("/deliveries?state=dead&limit=200") });
  return (
    <>
      <Heading title="Failed events">Kept with their reason, of all destinations.</Heading>
      <Card pad={false}>{!data ? <Waiting /> : <DeliveryTable rows={data.data} />}</Card>
    </>
  );
}
