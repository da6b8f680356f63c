namespace ContainerTools.Linux.Seccomp;

/// <summary>An answer that holds when all conditions do.</summary>
internal readonly record struct SeccompClause(SeccompAction Action, IReadOnlyList<SeccompCondition> Conditions);
