using System.Text.Json;
using ContainerTools.Oci.Runtime;

namespace ContainerTools.Runtime.Launching;

/// <summary>
/// Reads a config.json that has only what ordinary containers have, without the serializer, whose set-up alone costs more than making the container. A document with
/// anything else is left to <see cref="RuntimeJson"/>.
/// </summary>
internal static class SpecReader
{
    private delegate bool Member<T>(ref Utf8JsonReader reader, T target, string name);

    /// <summary>Reads a document.</summary>
    /// <returns>The document, or null where it has members that this reader does not know.</returns>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static RuntimeSpec? Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        var spec = new RuntimeSpec();
        try
        {
            return reader.Read() && Object(ref reader, spec, Root) ? spec : null;
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException)
        {
            // A value of another type than expected: the serializer says it better.
            return null;
        }
    }

    private static bool Root(ref Utf8JsonReader reader, RuntimeSpec spec, string name)
    {
        switch (name)
        {
            case "ociVersion":
                spec.OciVersion = reader.GetString() ?? "";
                return true;
            case "hostname":
                spec.Hostname = reader.GetString();
                return true;
            case "domainname":
                spec.Domainname = reader.GetString();
                return true;
            case "root":
                return Object(ref reader, spec.Root = new RootSpec(), RootMember);
            case "process":
                return Object(ref reader, spec.Process = new ProcessSpec(), Process);
            case "mounts":
                return List(ref reader, spec.Mounts = [], Mount);
            case "annotations":
                return Strings(ref reader, spec.Annotations = []);
            case "linux":
                return Object(ref reader, spec.Linux = new LinuxSpec(), Linux);
            default:
                return false;
        }
    }

    private static bool RootMember(ref Utf8JsonReader reader, RootSpec root, string name)
    {
        switch (name)
        {
            case "path":
                root.Path = reader.GetString() ?? "";
                return true;
            case "readonly":
                root.Readonly = reader.GetBoolean();
                return true;
            default:
                return false;
        }
    }

    private static bool Process(ref Utf8JsonReader reader, ProcessSpec process, string name)
    {
        switch (name)
        {
            case "terminal":
                process.Terminal = reader.GetBoolean();
                return true;
            case "user":
                return Object(ref reader, process.User, User);
            case "args":
                return Strings(ref reader, process.Args = []);
            case "env":
                return Strings(ref reader, process.Env = []);
            case "cwd":
                process.Cwd = reader.GetString() ?? "";
                return true;
            case "capabilities":
                return Object(ref reader, process.Capabilities = new CapabilitiesSpec(), Capabilities);
            case "noNewPrivileges":
                process.NoNewPrivileges = reader.GetBoolean();
                return true;
            case "oomScoreAdj":
                process.OomScoreAdj = reader.GetInt32();
                return true;
            case "rlimits":
                return List(ref reader, process.Rlimits = [], Limit);
            default:
                return false;
        }
    }

    private static bool User(ref Utf8JsonReader reader, UserSpec user, string name)
    {
        switch (name)
        {
            case "uid":
                user.Uid = reader.GetUInt32();
                return true;
            case "gid":
                user.Gid = reader.GetUInt32();
                return true;
            case "umask":
                user.Umask = reader.GetUInt32();
                return true;
            default:
                return false;
        }
    }

    private static bool Capabilities(ref Utf8JsonReader reader, CapabilitiesSpec capabilities, string name) => name switch
    {
        "bounding" => Strings(ref reader, capabilities.Bounding = []),
        "effective" => Strings(ref reader, capabilities.Effective = []),
        "inheritable" => Strings(ref reader, capabilities.Inheritable = []),
        "permitted" => Strings(ref reader, capabilities.Permitted = []),
        "ambient" => Strings(ref reader, capabilities.Ambient = []),
        _ => false,
    };

    private static bool Limit(ref Utf8JsonReader reader, RlimitSpec limit, string name)
    {
        switch (name)
        {
            case "type":
                limit.Type = reader.GetString() ?? "";
                return true;
            case "soft":
                limit.Soft = reader.GetUInt64();
                return true;
            case "hard":
                limit.Hard = reader.GetUInt64();
                return true;
            default:
                return false;
        }
    }

    private static bool Mount(ref Utf8JsonReader reader, MountSpec mount, string name)
    {
        switch (name)
        {
            case "destination":
                mount.Destination = reader.GetString() ?? "";
                return true;
            case "type":
                mount.Type = reader.GetString();
                return true;
            case "source":
                mount.Source = reader.GetString();
                return true;
            case "options":
                return Strings(ref reader, mount.Options = []);
            default:
                return false;
        }
    }

    private static bool Linux(ref Utf8JsonReader reader, LinuxSpec linux, string name)
    {
        switch (name)
        {
            case "namespaces":
                return List(ref reader, linux.Namespaces = [], Namespace);
            case "uidMappings":
                return List(ref reader, linux.UidMappings = [], Mapping);
            case "gidMappings":
                return List(ref reader, linux.GidMappings = [], Mapping);
            case "maskedPaths":
                return Strings(ref reader, linux.MaskedPaths = []);
            case "readonlyPaths":
                return Strings(ref reader, linux.ReadonlyPaths = []);
            case "cgroupsPath":
                linux.CgroupsPath = reader.GetString();
                return true;
            case "rootfsPropagation":
                linux.RootfsPropagation = reader.GetString();
                return true;
            case "sysctl":
                return Strings(ref reader, linux.Sysctl = []);
            case "resources":
                return Object(ref reader, linux.Resources = new LinuxResources(), Resources);
            default:
                return false;
        }
    }

    private static bool Namespace(ref Utf8JsonReader reader, LinuxNamespace item, string name)
    {
        switch (name)
        {
            case "type":
                item.Type = reader.GetString() ?? "";
                return true;
            case "path":
                item.Path = reader.GetString();
                return true;
            default:
                return false;
        }
    }

    private static bool Mapping(ref Utf8JsonReader reader, LinuxIdMapping mapping, string name)
    {
        switch (name)
        {
            case "containerID":
                mapping.ContainerID = reader.GetUInt32();
                return true;
            case "hostID":
                mapping.HostID = reader.GetUInt32();
                return true;
            case "size":
                mapping.Size = reader.GetUInt32();
                return true;
            default:
                return false;
        }
    }

    private static bool Resources(ref Utf8JsonReader reader, LinuxResources resources, string name) => name switch
    {
        "devices" => List(ref reader, resources.Devices = [], Device),
        "memory" => Object(ref reader, resources.Memory = new LinuxMemory(), Memory),
        "pids" => Object(ref reader, resources.Pids = new LinuxPids(), Pids),
        "cpu" => Object(ref reader, resources.Cpu = new LinuxCpu(), Cpu),
        _ => false,
    };

    private static bool Device(ref Utf8JsonReader reader, LinuxDeviceRule rule, string name)
    {
        switch (name)
        {
            case "allow":
                rule.Allow = reader.GetBoolean();
                return true;
            case "type":
                rule.Type = reader.GetString();
                return true;
            case "major":
                rule.Major = reader.GetInt64();
                return true;
            case "minor":
                rule.Minor = reader.GetInt64();
                return true;
            case "access":
                rule.Access = reader.GetString();
                return true;
            default:
                return false;
        }
    }

    private static bool Memory(ref Utf8JsonReader reader, LinuxMemory memory, string name)
    {
        switch (name)
        {
            case "limit":
                memory.Limit = reader.GetInt64();
                return true;
            case "swap":
                memory.Swap = reader.GetInt64();
                return true;
            case "reservation":
                memory.Reservation = reader.GetInt64();
                return true;
            default:
                return false;
        }
    }

    private static bool Pids(ref Utf8JsonReader reader, LinuxPids pids, string name)
    {
        if (name != "limit")
            return false;
        pids.Limit = reader.GetInt64();
        return true;
    }

    private static bool Cpu(ref Utf8JsonReader reader, LinuxCpu cpu, string name)
    {
        switch (name)
        {
            case "shares":
                cpu.Shares = reader.GetUInt64();
                return true;
            case "quota":
                cpu.Quota = reader.GetInt64();
                return true;
            case "period":
                cpu.Period = reader.GetUInt64();
                return true;
            case "cpus":
                cpu.Cpus = reader.GetString();
                return true;
            case "mems":
                cpu.Mems = reader.GetString();
                return true;
            default:
                return false;
        }
    }

    private static bool Object<T>(ref Utf8JsonReader reader, T target, Member<T> member)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (!member(ref reader, target, name))
                return false;
        }
        return reader.TokenType == JsonTokenType.EndObject;
    }

    private static bool List<T>(ref Utf8JsonReader reader, List<T> target, Member<T> member)
        where T : new()
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            return false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var item = new T();
            if (!Object(ref reader, item, member))
                return false;
            target.Add(item);
        }
        return true;
    }

    private static bool Strings(ref Utf8JsonReader reader, List<string> target)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            return false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            target.Add(reader.GetString() ?? throw new FormatException());
        return true;
    }

    private static bool Strings(ref Utf8JsonReader reader, Dictionary<string, string> target)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            target[name] = reader.GetString() ?? throw new FormatException();
        }
        return true;
    }
}
