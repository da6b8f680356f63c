using System.Globalization;
using ContainerTools.Engine;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Namespaces;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Runtime.Launching;

/// <summary>Writes the maps of a container's new user namespace: root any, an ordinary user his own ids, and with newuidmap(1) the ranges that he has in /etc/subuid and /etc/subgid.</summary>
internal static class IdMapWriter
{
    public static void Write(int pid, IReadOnlyList<IdMap> users, IReadOnlyList<IdMap> groups)
    {
        if (OwnCapabilities.CanAdministrate)
        {
            IdMap.Write(pid, users, groups);
        }
        else if (users is [{ Count: 1 } user] && groups is [{ Count: 1 } group] && user.Outside == FileCalls.EffectiveUserId && group.Outside == FileCalls.EffectiveGroupId)
        {
            // The condition for mapping a group without privileges: no process inside can leave one that is denied something (user_namespaces(7)).
            File.WriteAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/setgroups"), "deny");
            IdMap.Write(pid, users, groups);
        }
        else
        {
            Run("newgidmap", "/etc/subgid", pid, groups);
            Run("newuidmap", "/etc/subuid", pid, users);
        }
    }

    /// <summary>Whether the processes of a user namespace can never set supplementary groups.</summary>
    public static bool DeniesGroups(int pid) =>
        KernelFile.TryRead(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/setgroups"))?.StartsWith("deny", StringComparison.Ordinal) == true;

    private static void Run(string program, string file, int pid, IReadOnlyList<IdMap> maps)
    {
        List<string> arguments = [program, pid.ToString(CultureInfo.InvariantCulture)];
        foreach (var map in maps)
            arguments.AddRange([.. new[] { map.Inside, map.Outside, map.Count }.Select(static number => number.ToString(CultureInfo.InvariantCulture))]);
        var path = InstalledProgram.Find(program)
            ?? throw Failed($"there is no {program}, which maps an ordinary user's ranges (the package uidmap has it)");
        using var process = ChildProcess.Spawn(path, arguments, new SpawnOptions());
        if (process.Reap() is not { ShellCode: 0 })
            throw Failed($"{program} refused them: this user may map his own id, and what {file} gives him");
    }

    private static ContainerToolsException Failed(string reason) =>
        new("IdMapFailed", ErrorKind.PermissionDenied, $"The ids of the container's user namespace cannot be mapped: {reason}.");
}
