using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Core.Registry;

namespace ContainerTools;

/// <summary>Logs in to a registry, and keeps the login where docker does.</summary>
[Cmdlet(VerbsCommunications.Connect, "ImageRegistry", SupportsShouldProcess = true)]
[OutputType(typeof(RegistryLogin))]
public sealed class ConnectImageRegistryCommand : RegistryCommand
{
    /// <summary>The registry: host, with its port where that is not TLS's; <c>docker.io</c> is Docker Hub.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name", "Server")]
    [ArgumentCompleter(typeof(RegistryCompleter))]
    [ValidateNotNullOrEmpty]
    public string Registry { get; set; } = "";

    /// <summary>User and password, or access token.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [Credential]
    public PSCredential Credential { get; set; } = PSCredential.Empty;

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Registry, () =>
    {
        var registry = RegistryNames.Parse(Registry);
        if (!ShouldProcess(registry, $"Log in as {Credential.UserName}"))
            return;
        var credential = Convert(Credential)!;
        var trust = Trust;
        var (asked, login) = Await(async (_, token) =>
        {
            using var client = new RegistryClient(registry, credential, trust);
            var isAsked = await client.CheckLoginAsync(token);
            return (isAsked, await new RegistryLogins().SaveAsync(registry, credential, token));
        });
        if (!asked)
            WriteWarning($"Registry '{registry}' asks for no login; whether it knows '{login.UserName}' could not be tried.");
        if (!login.IsEncrypted)
            WriteWarning($"The password is in '{login.Store}', which only this user may read, but it is not encrypted. A credential helper (credsStore in that file) would keep it safer.");
        WriteObject(login);
    });
}
