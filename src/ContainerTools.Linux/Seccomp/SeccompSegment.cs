namespace ContainerTools.Linux.Seccomp;

/// <summary>Call numbers from one on, up to the next segment's: clauses to be tried in order, if any, then an answer.</summary>
internal readonly record struct SeccompSegment(uint Start, SeccompAction Action, SeccompClause[]? Clauses);
