// What the administration pages ask the API for.

import { useQuery } from "@tanstack/react-query";
import { api, body } from "../api/client";
import { everyPage } from "../api/everyPage";
import type { components } from "../api/schema";
import type { Role } from "../app/session";

export type Person = components["schemas"]["UserView"];
export type Organisation = components["schemas"]["OrganisationView"];
export type Token = components["schemas"]["MachineTokenView"];
export type Scope = components["schemas"]["Scope"];
export type Policy = components["schemas"]["PolicyView"];
export type Stage = components["schemas"]["Stage"];
export type Subscriber = components["schemas"]["SubscriberView"];
export type Delivery = components["schemas"]["DeliveryView"];
export type AuditEntry = components["schemas"]["AuditView"];
export type Access = components["schemas"]["AccessView"];

export const roles: readonly Role[] = [
  "operator", "second_reviewer", "legal_reviewer", "dispatcher", "street_team", "supervisor", "auditor", "admin",
];
export const scopes: readonly Scope[] = ["feed:read", "cases:write", "metrics:read", "register:write"];
export const stages: readonly Stage[] = ["operator", "second", "legal"];

export function usePeople() {
  return useQuery({
    queryKey: ["people"],
    queryFn: () => everyPage((query) => body(api.GET("/api/v1/users", { params: { query } }))),
  });
}

export function useOrganisations() {
  return useQuery({
    queryKey: ["organisations"],
    queryFn: () => body(api.GET("/api/v1/organisations")),
    staleTime: 60_000,
  });
}

export function useTokens() {
  return useQuery({
    queryKey: ["machine-tokens"],
    queryFn: () => everyPage((query) => body(api.GET("/api/v1/machine-tokens", { params: { query } }))),
  });
}

export function usePolicies() {
  return useQuery({
    queryKey: ["policies"],
    queryFn: () => everyPage((query) => body(api.GET("/api/v1/policies", { params: { query } }))),
  });
}

export function useSubscribers() {
  return useQuery({
    queryKey: ["subscribers"],
    queryFn: () => everyPage((query) => body(api.GET("/api/v1/subscribers", { params: { query } }))),
  });
}

/** The name of the node of a path, as far as it is seen. */
export function organisationName(nodes: readonly Organisation[] | undefined, path: string): string {
  return nodes?.find((node) => node.path === path)?.name ?? path;
}
