using ContainerTools.Core.Build.Ssh;

namespace ContainerTools.Core.Build.Sources;

/// <summary>
/// The environment of git: how servers are reached is the user's configuration (credential helpers, certificates, proxies, other names of servers, the
/// ssh command), how files are treated is not, so that a commit gives the same files everywhere.
/// </summary>
/// <param name="workspace">A place outside of any repository.</param>
/// <param name="agents">The agents that ssh may ask.</param>
/// <param name="secrets">Secrets for servers.</param>
internal sealed class GitSettings(BuildWorkspace workspace, SshAgents agents, SourceSecrets secrets)
{
    private const string TokenVariable = "CONTAINERTOOLS_GIT_TOKEN";

    // Proxies, certificates, where the configuration is, and what helpers that keep passwords need to find them.
    private static readonly string[] Inherited =
    [
        "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "GIT_SSL_CERT", "GIT_SSL_KEY", "GIT_SSL_NO_VERIFY",
        "GIT_PROXY_SSL_CAINFO", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSH_COMMAND", "GIT_SSH", "GIT_SSH_VARIANT", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "DBUS_SESSION_BUS_ADDRESS", "USER", "LOGNAME",
    ];

    private static readonly string[] Located = ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"];

    private readonly Lock gate = new();
    private Task<List<KeyValuePair<string, string>>>? user;
    private string? authorities;

    /// <summary>The environment for one repository.</summary>
    internal async Task<Dictionary<string, string>> EnvironmentAsync(GitReference reference, CancellationToken ct)
    {
        var environment = Take(Inherited);
        var settings = new List<KeyValuePair<string, string>>(await UserAsync(ct));
        AddSecrets(reference, settings, environment);
        if (secrets.Trust.CertificateAuthorities.Count > 0)
        {
            environment["GIT_SSL_CAINFO"] = authorities ??= TrustedAuthorities.Write(
                Path.Combine(workspace.MakeDirectory(), "authorities.pem"), secrets.Trust.CertificateAuthorities, environment.GetValueOrDefault("GIT_SSL_CAINFO"), settings);
        }

        environment["GIT_CONFIG_NOSYSTEM"] = "1";
        environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        environment["GIT_TERMINAL_PROMPT"] = "0";
        environment["GIT_ASKPASS"] = "/bin/false";
        environment["SSH_ASKPASS"] = "/bin/false";
        environment["GCM_INTERACTIVE"] = "never";
        environment["GIT_ALLOW_PROTOCOL"] = "http:https:git:ssh";
        environment["GIT_LFS_SKIP_SMUDGE"] = "1";
        SetSsh(settings, environment);
        if (await agents.FindAsync(SshAgentSource.DefaultId, ct) is { } socket)
        {
            environment["SSH_AUTH_SOCK"] = socket;
        }

        // Not as arguments, which everybody on this machine can read.
        environment["GIT_CONFIG_COUNT"] = $"{settings.Count}";
        for (int i = 0; i < settings.Count; i++)
        {
            environment[$"GIT_CONFIG_KEY_{i}"] = settings[i].Key;
            environment[$"GIT_CONFIG_VALUE_{i}"] = settings[i].Value;
        }

        return environment;
    }

    private Task<List<KeyValuePair<string, string>>> UserAsync(CancellationToken ct)
    {
        lock (gate)
        {
            return user ??= ReadAsync(ct);
        }
    }

    private async Task<List<KeyValuePair<string, string>>> ReadAsync(CancellationToken ct)
    {
        string directory = workspace.MakeDirectory();
        var environment = Take([.. Inherited, .. Located]);
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            if (variable.Key is string name && (name == "GIT_CONFIG_COUNT" || name.StartsWith("GIT_CONFIG_KEY_", StringComparison.Ordinal) || name.StartsWith("GIT_CONFIG_VALUE_", StringComparison.Ordinal)))
            {
                environment[name] = (string)variable.Value!;
            }
        }

        environment["GIT_CEILING_DIRECTORIES"] = Path.GetDirectoryName(directory)!;
        var (exitCode, output, error) = await ToolProgram.RunAsync("git", ["-C", directory, "config", "--list", "-z"], environment, ct);
        if (exitCode != 0)
        {
            throw new BuildProblemException("BuildGitConfigurationInvalid", $"git cannot read its configuration: {error.Trim().ReplaceLineEndings(" ")}");
        }

        var all = new List<KeyValuePair<string, string>>();
        foreach (string entry in output.Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = entry.Split('\n', 2);
            if (IsOfServers(parts[0]))
            {
                all.Add(KeyValuePair.Create(parts[0], parts.Length > 1 ? parts[1] : "true"));
            }
        }

        return all;
    }

    private static bool IsOfServers(string key) => key is "core.sshcommand" or "core.gitproxy" or "ssh.variant"
        || key.StartsWith("credential.", StringComparison.Ordinal) || key.StartsWith("http.", StringComparison.Ordinal) || key.StartsWith("url.", StringComparison.Ordinal);

    private void AddSecrets(GitReference reference, List<KeyValuePair<string, string>> settings, Dictionary<string, string> environment)
    {
        if (!WebFile.IsUrl(reference.Repository) || !Uri.TryCreate(reference.Repository, UriKind.Absolute, out var url))
        {
            return;
        }

        string server = url.GetLeftPart(UriPartial.Scheme) + url.Authority;
        if (secrets.Trust.SkipCertificateCheck)
        {
            settings.Add(KeyValuePair.Create($"http.{server}/.sslVerify", "false"));
        }

        if (secrets.FindForGit(url) is not { } secret)
        {
            return;
        }

        if (secret.IsToken)
        {
            // Asked for by the server it is for, and by no other that this one redirects to.
            environment[TokenVariable] = secret.Value;
            settings.Add(KeyValuePair.Create($"credential.{server}.helper", ""));
            settings.Add(KeyValuePair.Create($"credential.{server}.helper", $"!f() {{ test \"$1\" != get || printf 'username=x-access-token\\npassword=%s\\n' \"${TokenVariable}\"; }}; f"));
        }
        else
        {
            settings.Add(KeyValuePair.Create($"http.{server}/.extraHeader", $"Authorization: {secret.Value}"));
            settings.Add(KeyValuePair.Create($"http.{server}/.followRedirects", "false"));
        }
    }

    // Nobody can be asked: a question would wait for ever.
    private static void SetSsh(List<KeyValuePair<string, string>> settings, Dictionary<string, string> environment)
    {
        string? command = environment.GetValueOrDefault("GIT_SSH_COMMAND") ?? settings.LastOrDefault(static s => s.Key == "core.sshcommand").Value;
        if (command is null && environment.ContainsKey("GIT_SSH"))
        {
            return;
        }

        command ??= "ssh";
        string program = Path.GetFileName(command.TrimStart().Split(' ', 2)[0]);
        environment["GIT_SSH_COMMAND"] = program == "ssh" ? command + " -o BatchMode=yes" : command;
    }

    private static Dictionary<string, string> Take(IEnumerable<string> names)
    {
        var taken = new Dictionary<string, string>();
        foreach (string name in names)
        {
            if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value)
            {
                taken[name] = value;
            }
        }

        return taken;
    }
}
