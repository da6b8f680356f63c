using System.Globalization;
using ContainerTools.Engine.Rootless;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Namespaces;

namespace ContainerTools.Engine.Containers;

/// <summary>The user namespace of its own that a container gets: with a private range of ids, a range with one of the host's users in it, or given maps.</summary>
internal sealed class UserNamespaceChoice
{
    private const string Forms = "auto, host, keep-id[:uid=UID[,gid=GID]], container:NAME and a map INSIDE:OUTSIDE:COUNT[,...][;...] are";

    // user_namespaces(7): since Linux 4.15.
    private const int MostExtents = 340;

    private List<IdExtent>? _users;
    private List<IdExtent>? _groups;
    private (uint User, uint Group)? _kept;

    /// <summary>The user that the command runs as if nobody says otherwise; null for the image's choice.</summary>
    public string? DefaultUser => _kept is { } kept ? string.Create(CultureInfo.InvariantCulture, $"{kept.User}:{kept.Group}") : null;

    /// <summary>The ids that an ordinary user's container has; null for root's, whose are chosen later (<see cref="Allocate"/>).</summary>
    public IdRange? Shared { get; private set; }

    /// <summary>What a container gets; null for the host's user namespace.</summary>
    /// <param name="options">What the caller asks for; its warning is called where the answer may surprise.</param>
    /// <param name="idMappedLayers">Whether this kernel mounts layers with mapped ids.</param>
    /// <exception cref="ContainerToolsException">InvalidUserNamespace; UserNamespaceNotSupported: a user namespace was asked for explicitly; IdsNotOwned.</exception>
    public static UserNamespaceChoice? Choose(ContainerOptions options, bool idMappedLayers)
    {
        string text = options.UserNamespace ?? "";
        if (text == "host")
            return null;
        if (UserSession.IsRootless)
            return OfUser(text);
        var choice = new UserNamespaceChoice();
        if (text.StartsWith("keep-id", StringComparison.Ordinal))
            choice.ReadKept(text);
        else if (text.Length > 0 && char.IsAsciiDigit(text[0]))
            choice.ReadMaps(text);
        else if (text is not ("" or "auto" or "private"))
            throw Invalid(text, $"it is not known; {Forms}");
        if (!idMappedLayers)
        {
            if (text.Length > 0)
                throw new ContainerToolsException("UserNamespaceNotSupported", ErrorKind.NotSupported, "This kernel cannot mount layers with mapped ids (Linux 5.19 can), so a user namespace is not possible. Use -UserNamespace host.", text);
            options.Warning?.Invoke("This kernel cannot mount layers with mapped ids (Linux 5.19 can): the container runs in the host's user namespace, and root inside is root outside.");
            return null;
        }
        if (text.Length > 0)
            return choice;
        string? reason = options.Privileged ? "-Privileged" : options.Network == "host" ? "-Network host" : options.PidNamespace == "host" ? "-PidNamespace host" : null;
        if (reason is null)
            return choice;
        options.Warning?.Invoke($"{reason} implies -UserNamespace host: root inside is root outside. Give -UserNamespace auto to have a private range of ids nevertheless.");
        return null;
    }

    /// <summary>The ids, of which those that are the container's alone are chosen now.</summary>
    /// <param name="used">The ids of all containers.</param>
    public IdRange Allocate(IEnumerable<IdRange> used)
    {
        if (Shared is not null)
            return Shared;
        if (_users is not null)
            return new IdRange { HostStart = 0, Size = 0, UserMap = _users, GroupMap = _groups };
        var range = new IdRangeAllocator().Allocate(used);
        if (_kept is { } kept)
            (range.UserMap, range.GroupMap) = (Around(range, kept.User), Around(range, kept.Group));
        return range;
    }

    /// <summary>A private range in which one id is the host's of the same number.</summary>
    private static List<IdExtent> Around(IdRange range, uint kept)
    {
        List<IdExtent> map = [new() { Inside = 0, Outside = range.HostStart, Count = Math.Min(kept, range.Size) }, new() { Inside = kept, Outside = kept, Count = 1 }];
        if (kept + 1 < range.Size)
            map.Add(new IdExtent { Inside = kept + 1, Outside = range.HostStart + kept + 1, Count = range.Size - kept - 1 });
        return map;
    }

    /// <summary>
    /// An ordinary user's containers have ids of his: all of them, 0 inside being he himself, or such as a map names. Their files cannot be mounted with other ids, which takes privileges over
    /// the file system that they lie on (mount_setattr(2)): with a map of its own a container has copies of the layers.
    /// </summary>
    private static UserNamespaceChoice OfUser(string text)
    {
        var choice = new UserNamespaceChoice();
        (List<IdExtent> Users, List<IdExtent> Groups) maps;
        if (text is "" or "auto" or "private")
        {
            maps = (OwnIdMaps.All(groups: false), OwnIdMaps.All(groups: true));
        }
        else if (text.StartsWith("keep-id", StringComparison.Ordinal))
        {
            choice.ReadKept(text);
            var (user, group) = choice._kept!.Value;
            maps = (OwnIdMaps.Around(user, groups: false) ?? throw NoOtherIds(text), OwnIdMaps.Around(group, groups: true) ?? throw NoOtherIds(text));
        }
        else if (char.IsAsciiDigit(text[0]))
        {
            choice.ReadMaps(text);
            maps = (OwnIdMaps.FromHost(choice._users!, groups: false, text), OwnIdMaps.FromHost(choice._groups!, groups: true, text));
        }
        else
        {
            throw Invalid(text, $"it is not known; {Forms}");
        }
        if (Math.Max(maps.Users.Count, maps.Groups.Count) > MostExtents)
            throw Invalid(text, $"with the ranges in /etc/subuid and /etc/subgid a map has more than {MostExtents} parts");
        choice.Shared = new IdRange { HostStart = 0, Size = 0, UserMap = maps.Users, GroupMap = maps.Groups, Shared = true };
        return choice;
    }

    private static ContainerToolsException NoOtherIds(string text) => new("UserNamespaceNotSupported", ErrorKind.NotSupported,
        $"The user namespace '{text}' needs ids for the container's other users beside the user's own, but {SubordinateIds.Read().Reason ?? "he has none"}.", text);

    private void ReadKept(string text)
    {
        uint? user = null, group = null;
        foreach (string field in text["keep-id".Length..].TrimStart(':').Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (field.Split('=') is not [var name, var value] || !uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out uint id) || id is 0 or uint.MaxValue)
                throw Invalid(text, $"'{field}' is neither uid=UID nor gid=GID with an id from 1 up");
            _ = name switch { "uid" => user = id, "gid" => group = id, _ => throw Invalid(text, $"'{field}' is neither uid=UID nor gid=GID") };
        }
        // Root keeps somebody else's id and has to say whose; an ordinary user can keep only his own.
        if (UserSession.IsNeeded)
            (user, group) = (user ?? FileCalls.EffectiveUserId, group ?? (user is null ? FileCalls.EffectiveGroupId : null));
        if (user is null)
            throw Invalid(text, "it does not say which user's id is kept: keep-id:uid=1000,gid=1000 keeps that user's and group's");
        _kept = (user.Value, group ?? user.Value);
    }

    private void ReadMaps(string text)
    {
        string[] maps = text.Split(';');
        if (maps.Length > 2)
            throw Invalid(text, "it has more than two maps, for users and for groups");
        _users = ReadMap(text, maps[0]);
        _groups = maps.Length > 1 ? ReadMap(text, maps[1]) : _users;
    }

    private static List<IdExtent> ReadMap(string text, string map)
    {
        List<IdExtent> extents = [];
        foreach (string part in map.Split(','))
        {
            uint[] numbers = [.. part.Split(':').Select(n => uint.TryParse(n.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out uint number) ? number : throw Invalid(text, $"'{part}' is not INSIDE:OUTSIDE:COUNT"))];
            if (numbers.Length != 3 || numbers[2] == 0 || (ulong)numbers[0] + numbers[2] > uint.MaxValue || (ulong)numbers[1] + numbers[2] > uint.MaxValue)
                throw Invalid(text, $"'{part}' is not INSIDE:OUTSIDE:COUNT with ids below {uint.MaxValue}");
            extents.Add(new IdExtent { Inside = numbers[0], Outside = numbers[1], Count = numbers[2] });
        }
        extents.Sort((a, b) => a.Inside.CompareTo(b.Inside));
        if (extents.Count > MostExtents || extents[0].Inside != 0)
            throw Invalid(text, extents.Count > MostExtents ? $"a map has at most {MostExtents} parts" : "no id of the host is 0 inside, to which the container's file systems belong");
        var outside = extents.OrderBy(e => e.Outside).ToList();
        for (int i = 1; i < extents.Count; i++)
        {
            if (extents[i - 1].Inside + extents[i - 1].Count > extents[i].Inside || outside[i - 1].Outside + outside[i - 1].Count > outside[i].Outside)
                throw Invalid(text, "parts of a map overlap");
        }
        return extents;
    }

    private static ContainerToolsException Invalid(string text, string reason) =>
        new("InvalidUserNamespace", ErrorKind.InvalidArgument, $"The user namespace '{text}' cannot be used: {reason}.", text);
}
