namespace ContainerTools.Engine.Users;

/// <summary>A user as the kernel wants it.</summary>
/// <param name="UserId">User id, as the container sees it.</param>
/// <param name="GroupId">Primary group id.</param>
/// <param name="AdditionalGroups">Supplementary group ids.</param>
/// <param name="Name">The name in /etc/passwd, or null where the id has none.</param>
/// <param name="Home">The home directory, <c>/</c> where there is no entry.</param>
public sealed record ResolvedUser(uint UserId, uint GroupId, IReadOnlyList<uint> AdditionalGroups, string? Name, string Home);
