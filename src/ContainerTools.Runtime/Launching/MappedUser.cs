using ContainerTools.Engine;
using ContainerTools.Engine.Users;
using ContainerTools.Linux.Namespaces;

namespace ContainerTools.Runtime.Launching;

/// <summary>Sees that a user's ids are those of the container's user namespace; the kernel refuses others without a word.</summary>
internal static class MappedUser
{
    /// <summary>Checks a user.</summary>
    /// <param name="user">The user.</param>
    /// <param name="users">The map of user ids; empty for one that is not known.</param>
    /// <param name="groups">The map of group ids.</param>
    /// <exception cref="ContainerToolsException">UserNotMapped.</exception>
    public static void Check(ResolvedUser user, IReadOnlyList<IdMap> users, IReadOnlyList<IdMap> groups)
    {
        if (users.Count > 0 && IdMap.ToOutside(users, user.UserId) is null)
            throw NotMapped("user", user.UserId, users);
        if (groups.Count == 0)
            return;
        if (IdMap.ToOutside(groups, user.GroupId) is null)
            throw NotMapped("group", user.GroupId, groups);
        foreach (uint group in user.AdditionalGroups)
        {
            if (IdMap.ToOutside(groups, group) is null)
                throw NotMapped("supplementary group", group, groups);
        }
    }

    private static ContainerToolsException NotMapped(string kind, uint id, IReadOnlyList<IdMap> maps)
    {
        string ranges = string.Join(", ", maps.Select(m => m.Count == 1 ? $"{m.Inside}" : $"{m.Inside} to {(ulong)m.Inside + m.Count - 1}"));
        return new ContainerToolsException("UserNotMapped", ErrorKind.InvalidArgument,
            $"The {kind} id {id} of the container's user is none of its user namespace, which has {ranges}. Choose another one with -User, or make the container with a -UserNamespace that has it: a map INSIDE:OUTSIDE:COUNT, or host.", id);
    }
}
