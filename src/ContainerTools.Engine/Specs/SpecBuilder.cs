using ContainerTools.Engine.Containers;
using ContainerTools.Linux;
using ContainerTools.Oci.Runtime;

namespace ContainerTools.Engine.Specs;

/// <summary>Builds the config.json of a container from its configuration: Docker's defaults, changed as the configuration says.</summary>
public static class SpecBuilder
{
    /// <summary>The whole document.</summary>
    /// <exception cref="ContainerToolsException">
    /// An option is wrong: CapabilityUnknown, CapabilityNotSupported, SecurityOptionInvalid, SeccompProfileInvalid, UlimitInvalid, SysctlNotAllowed,
    /// DeviceNotFound, DeviceInvalid, LimitInvalid.
    /// </exception>
    public static RuntimeSpec Build(ContainerConfiguration configuration, SpecInputs inputs)
    {
        var security = SecurityOptions.Parse(configuration.SecurityOptions);
        IReadOnlyList<string> capabilities = DefaultCapabilities.Resolve(configuration.CapabilityAdd, configuration.CapabilityDrop, configuration.Privileged);
        bool unconfinedPaths = configuration.Privileged || security.UnconfinedPaths;
        var devices = DeviceOptions.Parse(configuration.Devices, configuration.Privileged);
        var spec = new RuntimeSpec
        {
            // The crun of Debian 12 takes no other version than 1.0; what the document says is the same.
            OciVersion = inputs.ForOtherRuntime ? "1.0.2" : RuntimeJson.SpecVersion,
            Root = new RootSpec { Path = inputs.RootPath, Readonly = configuration.ReadOnly },
            Hostname = configuration.HostName.Length > 0 ? configuration.HostName : null,
            Mounts = MountBuilder.Build(configuration, inputs),
            Process = Process(configuration, inputs, capabilities, security),
            Annotations = new Dictionary<string, string>(configuration.Annotations),
            Linux = new LinuxSpec
            {
                Namespaces = Namespaces(configuration, inputs),
                UidMappings = Mappings(configuration.IdRange?.Users),
                GidMappings = Mappings(configuration.IdRange?.Groups),
                Sysctl = SysctlOptions.Build(configuration),
                Resources = ResourceBuilder.Build(configuration, inputs, devices),
                CgroupsPath = configuration.CgroupPath.Length > 0 ? configuration.CgroupPath : $"/containertools/{configuration.Id}",
                Devices = devices.Nodes.Count > 0 ? [.. devices.Nodes] : null,
                MaskedPaths = unconfinedPaths ? null : [.. DefaultPaths.Masked],
                ReadonlyPaths = unconfinedPaths ? null : [.. DefaultPaths.ReadOnly],
                MountLabel = configuration.MountLabel,
                RootfsPropagation = MountBuilder.RootPropagation(configuration),
            },
        };
        AddSeccomp(spec, configuration, inputs, security, capabilities);
        AddAnnotations(spec.Annotations, configuration);
        return spec;
    }

    private static ProcessSpec Process(ContainerConfiguration configuration, SpecInputs inputs, IReadOnlyList<string> capabilities, SecurityOptions security)
    {
        var process = new ProcessSpec
        {
            Terminal = inputs.Terminal,
            Args = configuration.Init && inputs.InitPath is not null ? [MountBuilder.InitPath, "--", .. configuration.Arguments] : [.. configuration.Arguments],
            Env = [.. configuration.Environment],
            Cwd = configuration.WorkingDirectory,
            Capabilities = new CapabilitiesSpec { Bounding = [.. capabilities], Effective = [.. capabilities], Permitted = [.. capabilities] },
            NoNewPrivileges = security.NoNewPrivileges,
            ApparmorProfile = security.AppArmorProfile,
            SelinuxLabel = configuration.ProcessLabel,
            Rlimits = UlimitOptions.Parse(configuration.Ulimits),
        };
        // Numbers hold for any runtime; names are looked up inside, by annotation, and so are the groups that a number belongs to.
        string[] parts = configuration.User.Split(':', 2);
        if (uint.TryParse(parts[0], out uint uid))
            process.User.Uid = uid;
        if (parts.Length > 1 && uint.TryParse(parts[1], out uint gid))
            process.User.Gid = gid;
        return process;
    }

    private static List<LinuxNamespace> Namespaces(ContainerConfiguration configuration, SpecInputs inputs)
    {
        List<LinuxNamespace> namespaces = [new() { Type = "mount" }, new() { Type = "uts" }, new() { Type = "cgroup" }];
        if (configuration.PidNamespace != "host")
            namespaces.Add(new() { Type = "pid", Path = PathOf(inputs.Shared.Pid, "pid") });
        if (configuration.IpcNamespace != "host")
            namespaces.Add(new() { Type = "ipc", Path = PathOf(inputs.Shared.Ipc, "ipc") });
        if (configuration.Network != "host")
            namespaces.Add(new() { Type = "network", Path = inputs.NetworkPath });
        if (configuration.IdRange is not null)
            namespaces.Add(new() { Type = "user", Path = PathOf(inputs.Shared.User, "user") });
        return namespaces;

        static string? PathOf(int? pid, string name) => pid is { } number ? FormattableString.Invariant($"/proc/{number}/ns/{name}") : null;
    }

    private static List<LinuxIdMapping>? Mappings(IEnumerable<IdExtent>? extents) =>
        extents is null ? null : [.. extents.Select(e => new LinuxIdMapping { ContainerID = e.Inside, HostID = e.Outside, Size = e.Count })];

    private static void AddSeccomp(
        RuntimeSpec spec, ContainerConfiguration configuration, SpecInputs inputs, SecurityOptions security, IReadOnlyList<string> capabilities)
    {
        ulong bounding = Capabilities.Mask(capabilities);
        if (security.SeccompFile is { } file)
            spec.Linux!.Seccomp = SeccompFile.Read(file, bounding);
        else if (security.UnconfinedSeccomp || (configuration.Privileged && !security.DefaultSeccomp))
            return;
        else if (inputs.ForOtherRuntime)
            spec.Linux!.Seccomp = DefaultSeccomp.Document(bounding);
        else
            spec.Annotations![Annotations.Seccomp] = "default";
    }

    private static void AddAnnotations(Dictionary<string, string> annotations, ContainerConfiguration configuration)
    {
        if (configuration.LayerPaths.Count > 0)
        {
            var layers = Enumerable.Reverse(configuration.LayerPaths);
            annotations[Annotations.Layers] = string.Join('\n', configuration.MountPointsPath is { } mountPoints ? layers.Append(mountPoints) : layers);
            annotations[Annotations.Upper] = configuration.UpperPath;
            annotations[Annotations.Work] = configuration.WorkPath;
            if (configuration.Volatile)
                annotations[Annotations.Volatile] = "true";
        }
        annotations[Annotations.User] = configuration.User.Length > 0 ? configuration.User : "0";
        if (configuration.Groups.Count > 0)
            annotations[Annotations.Groups] = string.Join('\n', configuration.Groups);
        string[] joined =
        [
            .. new[] { ("network", configuration.Network), ("pid", configuration.PidNamespace), ("ipc", configuration.IpcNamespace), ("user", configuration.UserNamespace) }
                .Where(n => ContainerReference.TryRead(n.Item2) is not null).Select(n => $"{n.Item1} {ContainerReference.TryRead(n.Item2)}"),
        ];
        if (joined.Length > 0)
            annotations[Annotations.Joined] = string.Join('\n', joined);
        if (configuration.Init)
            annotations[Annotations.Init] = "true";
        if (configuration.MapsFiles)
            annotations[Annotations.IdMapped] = "true";
    }
}
