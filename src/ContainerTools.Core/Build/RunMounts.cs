using System.Globalization;
using System.Text;
using ContainerTools.Core.Build.Cache;
using ContainerTools.Core.Build.Language;
using ContainerTools.Core.Build.Ssh;
using ContainerTools.Engine.Rootless;
using ContainerTools.Engine.Store;
using ContainerTools.Engine.Volumes;

namespace ContainerTools.Core.Build;

/// <summary>The mounts of one RUN. They are looked up first, for the key in the cache, and made when the command is to run; disposing it takes everything away but caches.</summary>
/// <param name="session">The build.</param>
/// <param name="absolute">Makes a path absolute by the working directory.</param>
/// <param name="find">Finds the files that <c>from</c> names.</param>
/// <param name="onThread">Runs work on a thread of its own.</param>
/// <param name="ct">Cancels.</param>
internal sealed partial class RunMounts(BuildSession session, Func<string, string> absolute, Func<string?, Task<BuildFiles>> find, Func<Func<string>, Task<string>> onThread, CancellationToken ct) : IDisposable
{
    private readonly List<IDisposable> resources = [];
    private readonly List<(RunMount Mount, BuildFiles Files)> binds = [];
    private RunInstruction run = null!;
    private int agents;

    /// <summary>What of the mounts has a part in the result, as far as it is known without looking at files; null when it is not.</summary>
    internal List<string>? QuickKeyParts { get; private set; } = [];

    /// <summary>Bind mounts.</summary>
    internal List<VolumeMount> Volumes { get; } = [];

    /// <summary>File systems in memory.</summary>
    internal List<string> TmpFs { get; } = [];

    /// <summary>Variables that hold secrets, and the path of an agent's socket.</summary>
    internal Dictionary<string, string> Environment { get; } = [];

    /// <summary>Looks everything up.</summary>
    /// <exception cref="BuildProblemException">A secret or an agent was not given, a source is not there.</exception>
    internal async Task PrepareAsync(RunInstruction instruction)
    {
        run = instruction;
        foreach (var mount in run.Mounts)
        {
            if (mount.Type == RunMountType.Bind)
            {
                var files = await find(mount.From);
                binds.Add((mount, files));
                QuickKeyParts = files.Identity is { } identity ? QuickKeyParts?.Concat([Describe(mount), identity, mount.Source ?? ""]).ToList() : null;
            }
            else
            {
                string part = FindKeyPart(mount);
                QuickKeyParts?.AddRange([Describe(mount), part]);
            }
        }

        // Without files to look at, the other key is as quick.
        QuickKeyParts = binds.Count == 0 ? null : QuickKeyParts;
    }

    /// <summary>What of the mounts has a part in the result; the files of stages by what these are made of, so that they need not have been executed.</summary>
    /// <param name="instruction">The instruction.</param>
    /// <param name="identify">What the files that <c>from</c> names depend on; null when they must be looked at.</param>
    /// <exception cref="BuildProblemException">A secret or an agent was not given, a source is not there.</exception>
    internal async Task<List<string>> FindPlannedKeyPartsAsync(RunInstruction instruction, Func<string?, Task<string?>> identify)
    {
        var parts = new List<string>();
        foreach (var mount in instruction.Mounts)
        {
            parts.Add(Describe(mount));
            if (mount.Type != RunMountType.Bind)
            {
                parts.Add(FindKeyPart(mount));
            }
            else if (await identify(mount.From) is { } identity)
            {
                parts.AddRange([identity, mount.Source ?? ""]);
            }
            else
            {
                var files = await find(mount.From);
                parts.Add(await onThread(() => Digest(mount, files)));
            }
        }

        return parts;
    }

    /// <summary>What of the mounts has a part in the result; the files of bind mounts by their content.</summary>
    internal async Task<List<string>> FindKeyPartsAsync()
    {
        var parts = new List<string>();
        int bind = 0;
        foreach (var mount in run.Mounts)
        {
            parts.Add(Describe(mount));
            if (mount.Type != RunMountType.Bind)
            {
                parts.Add(FindKeyPart(mount));
                continue;
            }

            var files = binds[bind++].Files;
            await files.EnsureAsync(session, ct);
            parts.Add(await onThread(() => Digest(mount, files)));
        }

        return parts;
    }

    /// <summary>Makes everything.</summary>
    internal async Task MakeAsync()
    {
        foreach (var (mount, files) in binds)
        {
            await files.EnsureAsync(session, ct);
            if (TryMount(mount, files) is { } shown)
            {
                Volumes.Add(shown);
                continue;
            }

            string path = await onThread(() => MakeBind(mount, files));
            Volumes.Add(Bind(path, absolute(mount.Target!), mount.ReadOnly));
        }

        foreach (var mount in run.Mounts)
        {
            switch (mount.Type)
            {
                case RunMountType.Cache:
                    Volumes.Add(Bind(await MakeCacheAsync(mount), absolute(mount.Target!), mount.ReadOnly));
                    break;
                case RunMountType.TmpFs:
                    TmpFs.Add(absolute(mount.Target!) + (mount.Size > 0 ? ":size=" + mount.Size.ToString(CultureInfo.InvariantCulture) : ""));
                    break;
                case RunMountType.Secret:
                    MakeSecret(mount);
                    break;
                case RunMountType.Ssh:
                    await MakeAgentAsync(mount);
                    break;
            }
        }

        if (run.ScriptFile is { } script)
        {
            string file = Path.Combine(session.Workspace.MakeDirectory(), "script");
            await File.WriteAllTextAsync(file, script.Content, ct);
            File.SetUnixFileMode(file, (UnixFileMode)0x1ED /* 0755 */);
            Volumes.Add(Bind(file, $"/dev/pipes/{script.Name}", readOnly: true));
        }
    }

    public void Dispose()
    {
        foreach (var resource in resources)
        {
            resource.Dispose();
        }
    }

    private static VolumeMount Bind(string source, string destination, bool readOnly) =>
        new() { Kind = ContainerMountKind.Bind, Source = source, Destination = destination.Length > 1 ? destination.TrimEnd('/') : destination, ReadOnly = readOnly };

    private string Describe(RunMount mount) => $"{mount.Type} {(mount.Target is null ? "" : absolute(mount.Target))} {(mount.ReadOnly ? "ro" : "rw")} {mount.Size}";

    // Whether a secret is there matters, what it is does not: another password is no reason to run again.
    private string FindKeyPart(RunMount mount) => mount.Type switch
    {
        RunMountType.Cache => CacheId(mount),
        RunMountType.Secret => $"{SecretId(mount)} {mount.EnvironmentVariable} {FindSecret(mount) is not null}",
        RunMountType.Ssh => $"{AgentId(mount)} {HasAgent(mount)}",
        _ => "",
    };

    private void SetOwner(string path, RunMount mount, uint mode) => OwnedTree.SetOwner(session.Paths, path, mount.UserId ?? 0, mount.GroupId ?? 0, mount.Mode ?? mode);

    private static string SecretId(RunMount mount) => mount.Id ?? mount.Source ?? Path.GetFileName(mount.Target ?? "");

    private string CacheId(RunMount mount)
    {
        string id = mount.Id ?? absolute(mount.Target!);
        return session.BuiltIn.CacheMountNamespace is { } own ? $"{own}/{id}" : id;
    }

    private byte[]? FindSecret(RunMount mount)
    {
        string id = SecretId(mount);
        return session.Options.Secrets.TryGetValue(id, out byte[]? secret) ? secret
            : mount.Required ? throw new BuildProblemException("BuildSecretMissing", $"the secret '{id}' is needed, and was not given: use -Secret @{{ {id} = '...' }}")
            : null;
    }

    private static string AgentId(RunMount mount) => mount.Id ?? SshAgentSource.DefaultId;

    private bool HasAgent(RunMount mount) => session.Agents.Has(AgentId(mount)) || (mount.Required
        ? throw new BuildProblemException("BuildSshAgentMissing", $"the SSH agent '{AgentId(mount)}' is needed, and was not given: use -Ssh {AgentId(mount)}")
        : false);

    private async Task MakeAgentAsync(RunMount mount)
    {
        if (!HasAgent(mount))
        {
            return;
        }

        string agent = (await session.Agents.FindAsync(AgentId(mount), ct))!;
        var relay = new AgentRelay(agent, ShortPath.For(session.Workspace, "relay"));
        resources.Add(relay);
        SetOwner(relay.Path, mount, 0x180 /* 0600 */);
        string target = mount.Target is null ? string.Create(CultureInfo.InvariantCulture, $"/run/buildkit/ssh_agent.{agents}") : absolute(mount.Target);
        agents++;
        Volumes.Add(Bind(relay.Path, target, mount.ReadOnly));
        Environment.TryAdd("SSH_AUTH_SOCK", target);
    }

    private async Task<string> MakeCacheAsync(RunMount mount)
    {
        string name = CacheKey.Of("cache", CacheId(mount));
        for (int number = 0; ; number++)
        {
            string own = number == 0 ? name : $"{name}-{number.ToString(CultureInfo.InvariantCulture)}";
            var held = mount.Sharing switch
            {
                RunMountSharing.Shared => StoreLock.Acquire(session.Paths, BuildCache.MountLock(own), exclusive: false, ct),
                RunMountSharing.Locked => await Task.Run(() => StoreLock.Acquire(session.Paths, BuildCache.MountLock(own), exclusive: true, ct), ct),
                _ => StoreLock.TryAcquire(session.Paths, BuildCache.MountLock(own)),
            };
            if (held is not null)
            {
                resources.Add(held);
                string path = Path.Combine(session.Cache.MountsDirectory, own);
                path = Directory.Exists(path) ? path : await MakeCacheDirectoryAsync(mount, path);
                session.Cache.TouchMount(own, CacheId(mount));
                return path;
            }
        }
    }

    private async Task<string> MakeCacheDirectoryAsync(RunMount mount, string path)
    {
        Directory.CreateDirectory(session.Cache.MountsDirectory, (UnixFileMode)0x1C0 /* 0700 */);
        Directory.CreateDirectory(path);
        try
        {
            if (mount.From is not null)
            {
                var files = await find(mount.From);
                await files.EnsureAsync(session, ct);
                string filled = await onThread(() => MakeBind(mount, files));
                OwnedTree.Copy(session.Paths, filled, path, ct);
            }

            SetOwner(path, mount, 0x1ED /* 0755 */);
            return path;
        }
        catch
        {
            // The next build would take it for whole.
            OwnedTree.Remove(session.Paths, path);
            throw;
        }
    }

    private void MakeSecret(RunMount mount)
    {
        if (FindSecret(mount) is not { } secret)
        {
            return;
        }

        if (mount.EnvironmentVariable is { } variable)
        {
            Environment[variable.Length > 0 ? variable : SecretId(mount)] = Encoding.UTF8.GetString(secret);
            if (mount.Target is null)
            {
                return;
            }
        }

        string file = Path.Combine(session.Workspace.MakeDirectory(), "secret");
        using (var stream = new FileStream(file, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
        {
            stream.Write(secret);
        }

        SetOwner(file, mount, 0x100 /* 0400 */);
        Volumes.Add(Bind(file, mount.Target is null ? $"/run/secrets/{SecretId(mount)}" : absolute(mount.Target), readOnly: true));
    }
}
